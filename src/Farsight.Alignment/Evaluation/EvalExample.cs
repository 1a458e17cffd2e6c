namespace Farsight.Alignment.Evaluation;

/// <summary>One prompt and what is right.</summary>
/// <param name="Id">Unique in its task, the same in every run: "1024-0.25-3".</param>
/// <param name="Length">Context tokens: those of the prompt and <paramref name="MaxNewTokens"/>.</param>
/// <param name="Depth">Where the asked needle is, 0 to 1.</param>
/// <param name="PromptTokens">Ready for the model, up to where the response begins.</param>
/// <param name="Question">What is asked, as text.</param>
/// <param name="Answers">Any of these is right as a whole.</param>
/// <param name="Values">What a right answer must at least contain: all of these.</param>
/// <param name="MaxNewTokens">Generation budget.</param>
public sealed record EvalExample(
    string Id, int Length, double Depth, IReadOnlyList<int> PromptTokens, string Question,
    IReadOnlyList<string> Answers, IReadOnlyList<string> Values, int MaxNewTokens);
