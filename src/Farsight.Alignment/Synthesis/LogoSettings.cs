using Farsight.Alignment.Data.Positions;

namespace Farsight.Alignment.Synthesis;

/// <summary>Holds everything that decides a file of LOGO data. The order of the keys is the
/// order in which differences are reported.</summary>
/// <param name="FormatVersion">Version of the samples and of how they are drawn.</param>
/// <param name="Model">SHA-256 of the files of the model that answers; with an endpoint, of the tokenizer of the chunks.</param>
/// <param name="Generator">Name of the model, as stored in the samples.</param>
/// <param name="Endpoint">Whether the model answers over HTTP.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Samples requested, over all shards.</param>
/// <param name="Shard">"2/4"; null for a file that is made in one piece.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="Questions">Where questions come from: "own", "insert", "write", or "own, insert".</param>
/// <param name="Scorer">Name of the chunk scorer.</param>
/// <param name="Judge">Name of the model that judges chosen responses; null for none.</param>
/// <param name="ChunkTokens">Maximum tokens per chunk.</param>
/// <param name="Chunks">N, chunks per context.</param>
/// <param name="Threshold">δ, in the scorer's unit.</param>
/// <param name="Rejected">M, rejected responses per sample.</param>
/// <param name="Temperature">Sampling temperature for rejected responses.</param>
/// <param name="MaxNewTokens">Maximum tokens per response.</param>
/// <param name="Chosen">"gold" if chosen responses are the answers that came with the questions; null if the model writes them.</param>
/// <param name="Negatives">What rejected responses are written from: "irrelevant", "partial" or "on_policy"; null for irrelevant and
/// partial chunks in turn.</param>
/// <param name="Positions">Positions of the prompts of rejected responses; null for 0, 1, 2, ….</param>
public sealed record LogoSettings(
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
    string? Chosen = null,
    string? Negatives = null,
    IPositionScheme? Positions = null);
