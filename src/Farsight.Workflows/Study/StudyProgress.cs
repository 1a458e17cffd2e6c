namespace Farsight.Workflows.Study;

/// <summary>Where a running study is.</summary>
/// <param name="Stage">prepare, train, eval or wait.</param>
/// <param name="What">The variant and seed at hand, or what is being made.</param>
/// <param name="Done">Items done of this stage and variant.</param>
/// <param name="Total">Items of this stage and variant; 0 where nobody knows.</param>
/// <param name="Detail">What else is worth knowing; may be empty.</param>
public sealed record StudyProgress(string Stage, string What, long Done, long Total, string Detail);

/// <summary>Hands progress on where it is reported, in order.</summary>
sealed class Relay<T>(Action<T> handler) : IProgress<T>
{
    public void Report(T value) => handler(value);
}
