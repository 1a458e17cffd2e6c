namespace Farsight.Alignment.Synthesis;

/// <summary>The content of FILE.jsonl.summary.json.</summary>
/// <param name="Settings">What the file was made with.</param>
/// <param name="Documents">What it was made of.</param>
/// <param name="Counts">What came of it.</param>
public sealed record LogoSynthesisSummary(SynthesisSettings Settings, CorpusCounts Documents, SynthesisCounts Counts);
