namespace Farsight.Evaluation.Core;

/// <summary>Represents a number that a task reports for examples: its score, or one of the metrics beside it.</summary>
public sealed class ReportedMetric
{
    readonly IAggregatedTask? _aggregated;

    /// <summary>Creates a metric.</summary>
    /// <param name="task">The task; null where this program does not have it, and means are taken.</param>
    /// <param name="name">Name of a metric beside the score; null for the score.</param>
    /// <param name="isShare">Whether it is a share, shown in percent.</param>
    /// <param name="isLowerBetter">Whether a larger number is worse.</param>
    internal ReportedMetric(IEvalTask? task, string? name, bool isShare, bool isLowerBetter)
    {
        _aggregated = name is not null && EvalScore.IsOfDraws(name) ? null : task as IAggregatedTask;
        (Name, IsShare, IsLowerBetter) = (name, isShare, isLowerBetter);
    }

    /// <summary>Name of a metric beside the score; null for the score.</summary>
    public string? Name { get; }

    /// <summary>Whether it is a share, shown in percent.</summary>
    public bool IsShare { get; }

    /// <summary>Whether a larger number is worse.</summary>
    public bool IsLowerBetter { get; }

    /// <summary>Whether the number is the mean of the examples' values.</summary>
    internal bool IsMean => _aggregated is null;

    /// <summary>Returns a metric of a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="name">Name of a metric beside the score; null for the score. One that <see cref="EvalTaskCard.Metrics"/> does not
    /// describe is shown as the score is, and higher is better.</param>
    public static ReportedMetric Of(IEvalTask task, string? name)
    {
        EvalMetric? described = task.Card.Metrics.FirstOrDefault(m => m.Name == name);
        return new(
            task,
            name,
            described?.IsShare ?? task.Card.IsShare,
            name is null ? task.Card.IsLowerBetter : described?.IsLowerBetter ?? false);
    }

    /// <summary>Computes the number of some examples, at least one; a metric that an example lacks counts as 0.</summary>
    public double Of(IReadOnlyList<ScoredExample> examples) =>
        _aggregated is null ? examples.Average(Of) : Value(_aggregated.Aggregate(examples));

    /// <summary>Computes the number of the examples with these indexes.</summary>
    public double Of(IReadOnlyList<ScoredExample> examples, IReadOnlyList<int> drawn) =>
        _aggregated is null ? drawn.Average(i => Of(examples[i])) : Of([.. drawn.Select(i => examples[i])]);

    /// <summary>Returns the value of one example.</summary>
    public double Of(ScoredExample example) => Value(example.Score);

    double Value(EvalScore score) => Name is null ? score.Value : score.Beside.GetValueOrDefault(Name);
}
