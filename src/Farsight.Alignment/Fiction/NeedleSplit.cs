namespace Farsight.Alignment.Fiction;

/// <summary>Which half of the key words a needle may use. No word of an evaluation key is ever in a training key.</summary>
public enum NeedleSplit
{
    /// <summary>Keys for pre-training and for preference data.</summary>
    Training,

    /// <summary>Keys for measuring; unseen in training.</summary>
    Evaluation,
}
