namespace Farsight.Alignment.Synthesis;

/// <summary>The content of FILE.jsonl.summary.json.</summary>
/// <param name="Settings">What the file was made with.</param>
/// <param name="Counts">What came of it.</param>
public sealed record LogoSynthesisSummary(SynthesisSettings Settings, SynthesisCounts Counts);

/// <summary>A sign of life from synthesis, after each group of samples.</summary>
/// <param name="Samples">Wanted.</param>
/// <param name="Counts">So far, of a resumed run also those before.</param>
public sealed record LogoSynthesisProgress(int Samples, SynthesisCounts Counts);
