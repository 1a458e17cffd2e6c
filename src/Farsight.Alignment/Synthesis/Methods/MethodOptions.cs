using System.Globalization;
using System.Text.Json.Serialization;

namespace Farsight.Alignment.Synthesis.Methods;

/// <summary>Holds the options that the methods share whose model writes questions and answers about chunks of documents.</summary>
public abstract record MethodOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : SynthesisOptions<MethodSettings>(Model, Documents, Samples, Seed, Out)
{
    const int FormatVersion = 1, LeastChunkTokens = 16, InstructionTokens = 96;

    /// <summary>Tokens per chunk; null for the method's own number.</summary>
    public int? ChunkTokens { get; init; }

    /// <summary>Minimum and maximum tokens of a context, "4096-32768" or one number; null for an eighth of the model's window, but
    /// at least a chunk, up to the whole window, without room for instruction and reply where the model reads the context.</summary>
    public string? Length { get; init; }

    /// <summary>Sampling temperature of questions and answers; 0 for greedy.</summary>
    public double Temperature { get; init; } = 0.7;

    /// <summary>Maximum tokens of each reply of the model; null for an eighth of its window, at least 48 and at most 512.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Name of the method in settings and sample ids: "in2".</summary>
    internal abstract string Method { get; }

    /// <summary>The method's own number of tokens per chunk.</summary>
    [JsonIgnore]
    public abstract int UsualChunkTokens { get; }

    /// <summary>Whether the model reads whole contexts, so that they must fit its window together with instruction and reply.</summary>
    internal virtual bool ReadsContext => false;

    /// <summary>Subject of the questions, for progress: "written by the model about single segments".</summary>
    internal abstract string Questions { get; }

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        if (ChunkTokens is { } tokens)
        {
            AtLeast("chunk_tokens", tokens, LeastChunkTokens);
        }
        if (MaxNewTokens is { } most)
        {
            AtLeast("max_new_tokens", most, 1);
        }
        if (!(Temperature is >= 0 and <= 100))
        {
            throw new OptionException("temperature", "must be 0 (greedy) to 100.");
        }
        if (Length is not null)
        {
            LengthRange(0, 0, 0);
        }
    }

    internal override SynthesisPlan<MethodSettings> Plan(SynthesisModel model)
    {
        int chunk = ChunkTokens ?? Math.Max(LeastChunkTokens, Math.Min(UsualChunkTokens, model.Window / 4));
        int reply = MaxNewTokens ?? Math.Clamp(model.Window / 8, 48, 512);
        (int least, int most) = LengthRange(model.Window, reply, chunk);
        if (chunk + reply + InstructionTokens > model.Window)
        {
            throw new OptionException(
                "chunk_tokens",
                $"is {chunk}; a chunk, an instruction and a reply of {reply} tokens exceed the model's window of {model.Window}. "
                    + "Lower it, or lower max_new_tokens.");
        }
        if (least < chunk)
        {
            throw new OptionException("length", $"starts at {least}, which is less than a chunk of {chunk} tokens.");
        }
        ChunkedCorpus corpus = ChunkedCorpus.Read(
            CorpusOrDefault(), model.Format, new(Seed, chunk, most / chunk) { Keys = "length or chunk_tokens" });
        MethodSettings settings = new(
            FormatVersion, Method, model.Sha256, model.Name, model.IsEndpoint, corpus.Sha256, Samples, Shard?.ToString(), Seed, chunk,
            string.Create(CultureInfo.InvariantCulture, $"{least}-{most}"), Temperature, reply);
        MethodParts parts = new(model, new(corpus), Settings(settings), least / chunk, most / chunk);
        return new(parts.Settings, corpus.Counts, Questions, Source(parts));
    }

    /// <summary>Adds the method's own settings to the common ones.</summary>
    internal virtual MethodSettings Settings(MethodSettings common) => common;

    /// <summary>Creates the source of the samples.</summary>
    internal abstract ISampleSource Source(MethodParts parts);

    /// <summary>Returns the shortest and the longest context in tokens.</summary>
    /// <exception cref="OptionException">The text has another form.</exception>
    (int Least, int Most) LengthRange(int window, int reply, int chunk)
    {
        if (Length is null)
        {
            int whole = window - (ReadsContext ? reply + (2 * InstructionTokens) : 0);
            return (Math.Max(window / 8, chunk), Math.Max(whole, chunk));
        }
        string[] ends = Length.Split('-', 2);
        return int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int least)
            && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int most)
            && least >= 1 && least <= most
                ? (least, most)
                : throw new OptionException("length", $"is {Length}; write a number or a range, for example 4096-32768.");
    }
}

/// <summary>Holds everything that decides a file of these methods; each method adds its own values. The order of the keys is the order in
/// which differences are reported.</summary>
/// <param name="FormatVersion">Version of the samples and of how they are drawn.</param>
/// <param name="Method">"in2".</param>
/// <param name="Model">SHA-256 of the files of the model; of its tokenizer behind an endpoint.</param>
/// <param name="Generator">Name of the model, as stored in the samples.</param>
/// <param name="Endpoint">Whether the model is behind an endpoint.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Samples requested, over all shards.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="ChunkTokens">Tokens per chunk.</param>
/// <param name="Length">Minimum and maximum tokens of a context.</param>
/// <param name="Temperature">Sampling temperature.</param>
/// <param name="MaxNewTokens">Maximum tokens of a reply.</param>
public record MethodSettings(
    int FormatVersion, string Method, string Model, string Generator, bool Endpoint, string Documents, int Samples, string? Shard, int Seed,
    int ChunkTokens, string Length, double Temperature, int MaxNewTokens);
