namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Holds everything that decides a file of LongPO data. The order of the keys is the order in which differences are
/// reported.</summary>
/// <param name="FormatVersion">Version of the samples and of how they are drawn.</param>
/// <param name="Method">"longpo".</param>
/// <param name="Model">SHA-256 of the files of the model that answers; with an endpoint, of the tokenizer of the
/// chunks.</param>
/// <param name="Generator">Name of the model, as stored in the samples.</param>
/// <param name="Endpoint">Whether the model answers over HTTP.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Samples requested, over all shards.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="Questions">Where instructions come from: "own", "insert", "write", or "own, insert".</param>
/// <param name="ChunkTokens">Maximum tokens per chunk.</param>
/// <param name="MinChunkTokens">Minimum tokens of a chunk that a question is about.</param>
/// <param name="DocumentTokens">Maximum tokens of a long context.</param>
/// <param name="ChunksPerDocument">Maximum chunks per document in one round over all documents.</param>
/// <param name="Turns">K, questions per sample.</param>
/// <param name="Temperature">Sampling temperature of the first attempt at a response.</param>
/// <param name="MaxNewTokens">Maximum tokens per response.</param>
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
