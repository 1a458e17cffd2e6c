namespace Farsight.Alignment.Synthesis;

/// <summary>Everything that decides the file, in the order in which a difference is worth naming.</summary>
/// <param name="FormatVersion">Of the samples and of how they are drawn.</param>
/// <param name="Model">SHA-256 of the files of the model that answers; with an endpoint, of the tokenizer that the chunks are made
/// with.</param>
/// <param name="Generator">Its name, which stands in the samples.</param>
/// <param name="Endpoint">Whether it answers over HTTP.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Wanted, of all shards together.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Of every random choice.</param>
/// <param name="Questions">Where questions come from: "own", "insert", "write", or "own, insert".</param>
/// <param name="Scorer">What scores the chunks.</param>
/// <param name="Judge">Name of the model that judges chosen responses; null for none.</param>
/// <param name="ChunkTokens">Tokens of a chunk.</param>
/// <param name="Chunks">N.</param>
/// <param name="Threshold">δ, in the scorer's unit.</param>
/// <param name="Rejected">M.</param>
/// <param name="Temperature">Of the rejected responses.</param>
/// <param name="MaxNewTokens">Limit of a response.</param>
/// <param name="Chosen">"gold" where chosen responses are the answers that came with the questions; null where the model writes
/// them.</param>
public sealed record SynthesisSettings(
    int FormatVersion,
    string Model,
    string Generator,
    bool Endpoint,
    string Documents,
    int Samples,
    string? Shard,
    int Seed,
    string Questions,
    string Scorer,
    string? Judge,
    int ChunkTokens,
    int Chunks,
    double Threshold,
    int Rejected,
    double Temperature,
    int MaxNewTokens,
    string? Chosen = null);
