using Farsight.Alignment.Corpus;
using Farsight.Engine;

namespace Farsight.Alignment.Synthesis.LongWriter;

/// <summary>Holds the options of LongWriter data (AgentWrite): the model plans a text and writes it part by part.</summary>
/// <param name="Model">Directory of the model that will be trained and that writes; with an endpoint, only its tokenizer and config are
/// read.</param>
/// <param name="Documents">Folder or file whose texts are writing instructions, such as the records of a .jsonl file.</param>
/// <param name="Samples">Number of samples to write, at most the number of instructions.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="Out">The .jsonl file.</param>
public record LongWriterOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : SynthesisOptions<LongWriterSettings>(Model, Documents, Samples, Seed, Out)
{
    /// <summary>Maximum paragraphs of a plan; a longer plan is dropped.</summary>
    public int Paragraphs { get; init; } = 50;

    /// <summary>Sampling temperature.</summary>
    public double Temperature { get; init; } = 0.5;

    /// <summary>Maximum tokens of a plan or of a paragraph; null for half of the model's window, at most 2,048.</summary>
    public int? MaxNewTokens { get; init; }

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        AtLeast("paragraphs", Paragraphs, 1);
        if (MaxNewTokens is { } most)
        {
            AtLeast("max_new_tokens", most, 1);
        }
        if (!(Temperature is >= 0 and <= 100))
        {
            throw new OptionException("temperature", "must be 0 (greedy) to 100.");
        }
    }

    internal override SynthesisPlan<LongWriterSettings> Plan(SynthesisModel model)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        CorpusReport report = new();
        PassageCorpus corpus = PassageCorpus.Read(
            DocumentReader.Read(CorpusOrDefault(), report), report, Seed, CorpusRules.DefaultMaxTokens, d =>
            {
                texts[d.Id] = d.Text.Trim();
                return [new(d.Id, 0, model.Format.Context(d.Text))];
            });
        if (corpus.Documents.Count < Samples)
        {
            throw new OptionException(
                "samples", $"is {Samples}, and {Documents} has {corpus.Documents.Count} instructions; each makes one sample. Lower it.");
        }
        LongWriterSettings settings = new(
            1, "longwriter", model.Sha256, model.Name, model.IsEndpoint, corpus.Sha256, Samples, Shard?.ToString(), Seed, Paragraphs,
            Temperature, MaxNewTokens ?? Math.Min(2048, model.Window / 2));
        LongWriterSamples source = new(
            model, settings, [.. corpus.Documents.Select(d => d.Chunks[0].Document).Select(id => new WritingInstruction(id, texts[id]))]);
        return new(settings, corpus.Counts, "the documents themselves, as writing instructions", source);
    }
}

/// <summary>Holds everything that decides a file of LongWriter data. The order of the keys is the order in which differences are reported.
/// </summary>
/// <param name="FormatVersion">Version of the samples and of how they are made.</param>
/// <param name="Method">"longwriter".</param>
/// <param name="Model">SHA-256 of the files of the model; of its tokenizer behind an endpoint.</param>
/// <param name="Generator">Name of the model, as stored in the samples.</param>
/// <param name="Endpoint">Whether the model is behind an endpoint.</param>
/// <param name="Documents">SHA-256 of the instructions.</param>
/// <param name="Samples">Samples requested, over all shards.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="Paragraphs">Maximum paragraphs of a plan.</param>
/// <param name="Temperature">Sampling temperature.</param>
/// <param name="MaxNewTokens">Maximum tokens of a plan or of a paragraph.</param>
public sealed record LongWriterSettings(
    int FormatVersion, string Method, string Model, string Generator, bool Endpoint, string Documents, int Samples, string? Shard, int Seed,
    int Paragraphs, double Temperature, int MaxNewTokens);
