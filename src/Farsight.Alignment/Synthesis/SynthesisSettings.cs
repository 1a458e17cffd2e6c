namespace Farsight.Alignment.Synthesis;

/// <summary>Everything that decides the file, in the order in which a difference is worth naming.</summary>
/// <param name="FormatVersion">Of the samples and of how they are drawn.</param>
/// <param name="Model">SHA-256 of the model's files.</param>
/// <param name="Documents">SHA-256 of the documents.</param>
/// <param name="Samples">Wanted.</param>
/// <param name="Seed">Of every random choice.</param>
/// <param name="Questions">Where questions come from: "insert".</param>
/// <param name="ChunkTokens">Tokens of a chunk.</param>
/// <param name="Chunks">N.</param>
/// <param name="Threshold">δ.</param>
/// <param name="Rejected">M.</param>
/// <param name="Temperature">Of the rejected responses.</param>
/// <param name="MaxNewTokens">Limit of a response.</param>
/// <param name="Generator">The model's name, which stands in the samples.</param>
public sealed record SynthesisSettings(
    int FormatVersion, string Model, string Documents, int Samples, int Seed, string Questions,
    int ChunkTokens, int Chunks, int Threshold, int Rejected, double Temperature, int MaxNewTokens, string Generator);
