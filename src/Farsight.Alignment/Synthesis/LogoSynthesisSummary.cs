namespace Farsight.Alignment.Synthesis;

/// <summary>The content of FILE.jsonl.summary.json.</summary>
/// <param name="Settings">What the file was made with.</param>
/// <param name="Documents">What it was made of.</param>
/// <param name="Counts">What came of it.</param>
public sealed record LogoSynthesisSummary(SynthesisSettings Settings, CorpusCounts Documents, SynthesisCounts Counts);

/// <summary>A sign of life from synthesis, whenever samples were written.</summary>
/// <param name="Samples">Wanted, in this shard.</param>
/// <param name="Questions">Where they come from: "own", "insert", "write".</param>
/// <param name="Counts">So far, of a resumed run also those before.</param>
public sealed record LogoSynthesisProgress(int Samples, string Questions, SynthesisCounts Counts);
