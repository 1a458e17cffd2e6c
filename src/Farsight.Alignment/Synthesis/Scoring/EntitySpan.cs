namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Where an entity stands in a text, in characters.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">The character after it.</param>
/// <param name="Kind">What it is.</param>
public readonly record struct EntitySpan(int Start, int End, EntityKind Kind);
