using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.Card;

/// <summary>Represents a sample with its chunks as text.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Chunks">[N] Text of each chunk.</param>
sealed record SampleTexts(PreferenceSample Sample, IReadOnlyList<string> Chunks)
{
    /// <summary>Decodes the chunks.</summary>
    /// <exception cref="InputException">The sample was made with another tokenizer, as its own prompt shows.</exception>
    public static SampleTexts Of(PreferenceSample sample, Tokenizer tokenizer)
    {
        sample.RequireTokenizer(tokenizer);
        return new(sample, [.. sample.Context.Select(c => tokenizer.Decode(c.Tokens))]);
    }

    /// <summary>Returns what the responses of a turn may use: the whole context, earlier messages and the question.</summary>
    public Grounding Known(PreferenceTurn turn) =>
        new([string.Concat(Chunks), .. Sample.History?.Select(t => t.Content) ?? [], turn.Question]);

    /// <summary>Returns the first fault of the chosen response of a turn, given the chunks that it was written from.</summary>
    public ResponseFault? FaultOfChosen(PreferenceTurn turn) =>
        ResponseFilters.OfChosen(turn.Question, turn.Chosen, [string.Join('\n', turn.Seen.Chosen.Select(i => Chunks[i]))]);

    /// <summary>Returns the first fault of a rejected response of a turn.</summary>
    public static ResponseFault? FaultOfRejected(PreferenceTurn turn, int number) =>
        ResponseFilters.OfRejected(turn.Chosen, turn.Rejected[number]);

    /// <summary>Tells whether a rejected response of a turn was written from irrelevant chunks only.</summary>
    public bool SawOnlyIrrelevant(PreferenceTurn turn, int number) =>
        turn.Seen.Rejected[number].All(i => Sample.Context[i].Role == ChunkRole.Irrelevant);
}
