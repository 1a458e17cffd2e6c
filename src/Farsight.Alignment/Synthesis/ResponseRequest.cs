using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Represents a question to a model about chunks of a text.</summary>
/// <param name="Context">Token ids of the chunks that the model sees, as they are stored.</param>
/// <param name="Question">The question about them.</param>
/// <param name="MaxNewTokens">Maximum tokens of the answer.</param>
/// <param name="Temperature">Sampling temperature; 0 for greedy.</param>
/// <param name="Random">Random numbers of this request alone, so that other requests do not change its answer.</param>
public sealed record ResponseRequest(int[] Context, string Question, int MaxNewTokens, double Temperature, SeededRandom Random);

/// <summary>Asks questions and returns one answer for each; null for an answer that did not end.</summary>
public delegate Task<IReadOnlyList<string?>> AskModel(IReadOnlyList<ResponseRequest> asks);
