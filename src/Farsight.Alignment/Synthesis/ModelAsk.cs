using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Something that a model is asked about chunks of a text.</summary>
/// <param name="Context">Tokens of the chunks that it is shown, as they are stored.</param>
/// <param name="Question">What is asked about them.</param>
/// <param name="MaxNewTokens">Limit of the answer.</param>
/// <param name="Temperature">0 for the likeliest answer.</param>
/// <param name="Random">The ask's own random numbers, so that its companions do not matter.</param>
sealed record ModelAsk(int[] Context, string Question, int MaxNewTokens, double Temperature, SeededRandom Random);

/// <summary>Asks and waits for the answers, one for each; null for an answer that did not end.</summary>
delegate Task<IReadOnlyList<string?>> AskModel(IReadOnlyList<ModelAsk> asks);
