namespace Farsight.Alignment.Runs;

/// <summary>A line of samples.jsonl: what the model answered while it was trained.</summary>
/// <param name="Step">After which step; 0 before the first.</param>
/// <param name="Id">The sample's.</param>
/// <param name="Question">What was asked.</param>
/// <param name="Completion">What the model wrote, greedily.</param>
/// <param name="Chosen">The answer that training prefers.</param>
/// <param name="Repetition">Share of the completion's 4-grams of tokens that are there already, 0 to 1.</param>
/// <param name="ChosenRepetition">The same of the chosen answer.</param>
/// <param name="Ended">Whether the model ended by itself; else its budget was spent.</param>
public sealed record SampleLine(
    int Step, string Id, string Question, string Completion, string Chosen, double Repetition, double ChosenRepetition, bool Ended);
