namespace Farsight.Alignment.Evaluation;

/// <summary>One judged example: a line of examples.jsonl. Anyone can score it again without the model.</summary>
/// <param name="Model">As in <see cref="EvalPlan.Model"/>.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Version">The task's version.</param>
/// <param name="Id">The example's name in the task.</param>
/// <param name="Length">Context tokens.</param>
/// <param name="Depth">0 to 1.</param>
/// <param name="PromptTokens">Tokens of the prompt alone.</param>
/// <param name="PromptSha256">Hash of the prompt's token ids as 32-bit little-endian numbers.</param>
/// <param name="Question">What was asked.</param>
/// <param name="Answer">The first right answer.</param>
/// <param name="Values">What a right answer contains.</param>
/// <param name="Completion">What the model said; empty when it failed.</param>
/// <param name="Score">By the task's metric.</param>
/// <param name="Beside">Further metrics by name.</param>
/// <param name="Failed">Why nothing was generated; null when something was. Failed examples score as an empty completion does.</param>
public sealed record EvalRecord(
    string Model, string Task, int Version, string Id, int Length, double Depth, int PromptTokens, string PromptSha256,
    string Question, string Answer, IReadOnlyList<string> Values, string Completion,
    double Score, IReadOnlyDictionary<string, double> Beside, string? Failed);
