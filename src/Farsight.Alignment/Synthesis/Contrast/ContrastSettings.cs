namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Everything that decides the file, in the order in which a difference is worth naming.</summary>
/// <param name="FormatVersion">Of the samples and of how they are drawn.</param>
/// <param name="Method">"contrast".</param>
/// <param name="Kind">The kinds in the order of their turns: "distractors, unanswerable".</param>
/// <param name="Model">SHA-256 of the files of the model that writes rejected responses.</param>
/// <param name="Generator">Its name, which stands in the samples.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Wanted, of all shards together.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Of every random choice.</param>
/// <param name="ChunkTokens">Tokens of a chunk.</param>
/// <param name="Chunks">N.</param>
/// <param name="Temperature">Of the model's rejected responses.</param>
/// <param name="MaxNewTokens">Limit of one.</param>
public sealed record ContrastSettings(
    int FormatVersion, string Method, string Kind, string Model, string Generator, string Documents, int Samples, string? Shard, int Seed,
    int ChunkTokens, int Chunks, double Temperature, int MaxNewTokens);

/// <summary>The content of FILE.jsonl.summary.json.</summary>
/// <param name="Settings">What the file was made with.</param>
/// <param name="Documents">What it was made of.</param>
/// <param name="Counts">What came of it.</param>
public sealed record ContrastSummary(ContrastSettings Settings, CorpusCounts Documents, SynthesisCounts Counts);
