namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Everything that decides the file, in the order in which a difference is worth naming.</summary>
/// <param name="FormatVersion">Of the samples and of how they are drawn.</param>
/// <param name="Method">"longpo".</param>
/// <param name="Model">SHA-256 of the files of the model that answers; with an endpoint, of the tokenizer that the chunks are made
/// with.</param>
/// <param name="Generator">Its name, which stands in the samples.</param>
/// <param name="Endpoint">Whether it answers over HTTP.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Wanted, of all shards together.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Of every random choice.</param>
/// <param name="Questions">Where instructions come from: "own", "insert", "write", or "own, insert".</param>
/// <param name="ChunkTokens">Most tokens of a chunk.</param>
/// <param name="MinChunkTokens">Fewest tokens of a chunk that is asked about.</param>
/// <param name="DocumentTokens">Most tokens of a long context.</param>
/// <param name="ChunksPerDocument">Most chunks of a document that are asked about in a round over all documents.</param>
/// <param name="Turns">K.</param>
/// <param name="Temperature">Of the first attempt at a response.</param>
/// <param name="MaxNewTokens">Limit of a response.</param>
public sealed record LongPoSettings(
    int FormatVersion,
    string Method,
    string Model,
    string Generator,
    bool Endpoint,
    string Documents,
    int Samples,
    string? Shard,
    int Seed,
    string Questions,
    int ChunkTokens,
    int MinChunkTokens,
    int DocumentTokens,
    int ChunksPerDocument,
    int Turns,
    double Temperature,
    int MaxNewTokens);

/// <summary>The content of FILE.jsonl.summary.json.</summary>
/// <param name="Settings">What the file was made with.</param>
/// <param name="Documents">What it was made of.</param>
/// <param name="Counts">What came of it.</param>
public sealed record LongPoSummary(LongPoSettings Settings, CorpusCounts Documents, SynthesisCounts Counts);
