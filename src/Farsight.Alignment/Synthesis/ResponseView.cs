namespace Farsight.Alignment.Synthesis;

/// <summary>What the model is shown when it writes a response.</summary>
/// <param name="Seen">Numbers of the chunks, ascending.</param>
/// <param name="Context">Tokens of these chunks; of one that was cut, what is left.</param>
sealed record ResponseView(int[] Seen, int[] Context);
