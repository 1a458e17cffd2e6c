namespace Farsight.Alignment.Runs;

/// <summary>A line of alarms.jsonl: something that a person should look at.</summary>
/// <param name="Step">When it was seen.</param>
/// <param name="Alarm">Which alarm: chosen_collapse, looping, not_finite. Each is written once a run.</param>
/// <param name="Message">One sentence: what was seen, and what to change.</param>
public sealed record AlarmLine(int Step, string Alarm, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"Alarm at step {Step}: {Message}");
}
