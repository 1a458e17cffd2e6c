namespace Farsight.Alignment.Synthesis;

/// <summary>What the model is shown when it writes a response.</summary>
/// <param name="Seen">Numbers of the chunks, ascending.</param>
/// <param name="Prompt">The prompt's tokens.</param>
sealed record ResponseView(int[] Seen, int[] Prompt);
