using Farsight.Alignment.Fiction;

namespace Farsight.Alignment.Synthesis;

/// <summary>An invented fact inside a context.</summary>
/// <param name="Needle">The fact.</param>
/// <param name="Chunk">Which chunk of the context holds it, whole.</param>
/// <param name="ValueStart">First token of its value, in the chunk.</param>
/// <param name="ValueEnd">The token after the value, in the chunk.</param>
sealed record PlacedFact(Needle Needle, int Chunk, int ValueStart, int ValueEnd);
