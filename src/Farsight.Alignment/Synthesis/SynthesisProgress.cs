namespace Farsight.Alignment.Synthesis;

/// <summary>A sign of life from synthesis, whenever samples were written.</summary>
/// <param name="Samples">Wanted, in this shard.</param>
/// <param name="Questions">Where they come from: "own", "insert", "write".</param>
/// <param name="Counts">So far, of a resumed run also those before.</param>
public sealed record SynthesisProgress(int Samples, string Questions, SynthesisCounts Counts);
