namespace Farsight.Alignment.Synthesis.Contrast;

/// <summary>Holds everything that decides a file of contrast data. The order of the keys is the
/// order in which differences are reported.</summary>
/// <param name="FormatVersion">Version of the samples and of how they are drawn.</param>
/// <param name="Method">"contrast".</param>
/// <param name="Kind">The kinds in the order of their turns: "distractors, unanswerable".</param>
/// <param name="Model">SHA-256 of the files of the model that writes rejected responses.</param>
/// <param name="Generator">Name of the model, as stored in the samples.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Samples requested, over all shards.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="ChunkTokens">Maximum tokens per chunk.</param>
/// <param name="Chunks">N, chunks per context.</param>
/// <param name="Temperature">Sampling temperature for the model's rejected responses.</param>
/// <param name="MaxNewTokens">Maximum tokens of such a response.</param>
public sealed record ContrastSettings(
    int FormatVersion, string Method, string Kind, string Model, string Generator, string Documents, int Samples, string? Shard, int Seed,
    int ChunkTokens, int Chunks, double Temperature, int MaxNewTokens);
