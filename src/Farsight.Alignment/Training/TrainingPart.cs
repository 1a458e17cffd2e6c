namespace Farsight.Alignment.Training;

/// <summary>Represents the progress of a part of a training between two reports of <see cref="TrainingProgress"/>.</summary>
/// <param name="Kind">The part.</param>
/// <param name="Done">Samples done; of a rank, its own.</param>
/// <param name="Total">Samples of the part; 0 if they are not counted yet.</param>
public sealed record TrainingPart(TrainingPartKind Kind, int Done, int Total)
{
    /// <summary>Share of the part's tokens that is done, 0 to 1.</summary>
    public double Share { get; init; } = Total > 0 ? (double)Done / Total : 0;

    /// <summary>Steps that are done; 0 before the first.</summary>
    public int Step { get; init; }

    /// <summary>Steps of the whole run; 0 before the loop begins.</summary>
    public int Steps { get; init; }
}

/// <summary>Specifies a part of a training.</summary>
public enum TrainingPartKind
{
    /// <summary>The log-probabilities under the reference, before the first step.</summary>
    Reference,

    /// <summary>The probabilities of the teacher, before the first step.</summary>
    Teacher,

    /// <summary>The samples of one step.</summary>
    Step,

    /// <summary>A measurement of the held-out samples.</summary>
    HeldOut,

    /// <summary>Answers to held-out prompts.</summary>
    Answers,
}
