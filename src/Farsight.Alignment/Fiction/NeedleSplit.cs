namespace Farsight.Alignment.Fiction;

/// <summary>Specifies which half of the key words a needle may use. Training and evaluation keys share no word.</summary>
public enum NeedleSplit
{
    /// <summary>Keys for pre-training and for preference data.</summary>
    Training,

    /// <summary>Keys for evaluation; not used in training.</summary>
    Evaluation,
}
