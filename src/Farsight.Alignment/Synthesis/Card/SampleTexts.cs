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
        if (
            sample.Prompt is { } prompt
            && !prompt.StartsWith(tokenizer.Decode([.. sample.Context.SelectMany(c => c.Tokens)]).TrimStart(' '), StringComparison.Ordinal))
        {
            throw new InputException(
                $"The tokenizer decodes sample {sample.Id} to another text than the dataset's tokenizer did; "
                    + "use the tokenizer of the model that made the dataset.");
        }
        return new(sample, [.. sample.Context.Select(c => tokenizer.Decode(c.Tokens))]);
    }

    /// <summary>Returns what a response may use: the whole context and the question.</summary>
    public Grounding Known() => new([string.Concat(Chunks), Sample.Question]);

    /// <summary>Returns the first fault of the chosen response, given the chunks that it was written from.</summary>
    public ResponseFault? FaultOfChosen() =>
        ResponseFilters.OfChosen(Sample.Question, Sample.Chosen, [string.Join('\n', Sample.Provenance.Seen.Chosen.Select(i => Chunks[i]))]);

    /// <summary>Returns the first fault of a rejected response.</summary>
    public ResponseFault? FaultOfRejected(int number) => ResponseFilters.OfRejected(Sample.Chosen, Sample.Rejected[number]);

    /// <summary>Tells whether a rejected response was written from irrelevant chunks only.</summary>
    public static bool SawOnlyIrrelevant(PreferenceSample sample, int number) =>
        sample.Provenance.Seen.Rejected[number].All(i => sample.Context[i].Role == ChunkRole.Irrelevant);
}
