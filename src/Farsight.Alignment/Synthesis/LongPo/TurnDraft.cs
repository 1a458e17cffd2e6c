using Farsight.Alignment.Data;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>A turn before anybody has answered.</summary>
/// <param name="Chunk">Number of the chunk that answers: the short context.</param>
/// <param name="Question">What is asked, prefix included.</param>
/// <param name="Origin">Where it is from.</param>
/// <param name="Gold">The known answer; null where the chosen response is the only one.</param>
/// <param name="Fact">What was put into the chunk; or null.</param>
sealed record TurnDraft(int Chunk, string Question, QuestionOrigin Origin, string? Gold = null, InsertedFact? Fact = null);

/// <summary>A sample before anybody has answered.</summary>
/// <param name="At">Which sample, which try.</param>
/// <param name="Context">The long context.</param>
/// <param name="Turns">[K] what is asked about it.</param>
sealed record LongPoDraft(SampleTry At, IReadOnlyList<ContextChunk> Context, IReadOnlyList<TurnDraft> Turns)
{
    /// <summary>The tokens of the whole context.</summary>
    internal int[] Long { get; } = [.. Context.SelectMany(c => c.Tokens)];
}
