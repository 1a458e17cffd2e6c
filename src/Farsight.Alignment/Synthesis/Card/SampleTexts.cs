using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.Card;

/// <summary>A sample with its chunks as text, for looking at.</summary>
/// <param name="Sample">The sample.</param>
/// <param name="Chunks">[N] text of each chunk.</param>
public sealed record SampleTexts(PreferenceSample Sample, IReadOnlyList<string> Chunks)
{
    /// <summary>Decodes the chunks.</summary>
    /// <exception cref="InputException">The sample was made with another tokenizer, as its own prompt shows.</exception>
    public static SampleTexts Of(PreferenceSample sample, Tokenizer tokenizer)
    {
        if (
            sample.Prompt is { } prompt
            && !prompt.StartsWith(tokenizer.Decode([.. sample.Context.SelectMany(c => c.Tokens)]).TrimStart(' '), StringComparison.Ordinal))
        {
            throw new InputException(
                $"The tokenizer does not give sample {sample.Id} the text that it was made from; use that of the model that the dataset was made with."
            );
        }
        return new(sample, [.. sample.Context.Select(c => tokenizer.Decode(c.Tokens))]);
    }

    /// <summary>What a response may know: the whole context and the question.</summary>
    public Grounding Known() => new([string.Concat(Chunks), Sample.Question]);

    /// <summary>The first fault of the chosen response, by the chunks that it was written from.</summary>
    public Fault? FaultOfChosen() =>
        ResponseFilters.OfChosen(Sample.Question, Sample.Chosen, [string.Join('\n', Sample.Provenance.Seen.Chosen.Select(i => Chunks[i]))]);

    /// <summary>The first fault of a rejected response.</summary>
    public Fault? FaultOfRejected(int number) => ResponseFilters.OfRejected(Sample.Chosen, Sample.Rejected[number]);

    /// <summary>Whether a rejected response was written from irrelevant chunks alone.</summary>
    public static bool SawOnlyIrrelevant(PreferenceSample sample, int number) =>
        sample.Provenance.Seen.Rejected[number].All(i => sample.Context[i].Role == ChunkRole.Irrelevant);
}
