namespace Farsight.Engine;

/// <summary>Finds the known word that a mistyped word probably means: a recipe key, a task, a command or an option.</summary>
public static class Suggestion
{
    /// <summary>Formats the nearest known word as a question for the end of a message; empty if no word is near.</summary>
    /// <param name="word">The mistyped word.</param>
    /// <param name="known">The words that would be valid.</param>
    /// <returns>" Did you mean 'steps'?", or "".</returns>
    public static string Question(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } near ? $" Did you mean '{near}'?" : "";

    /// <summary>Returns the known word with the fewest typing errors, ignoring case; null if none is near.</summary>
    /// <remarks>At most one character in three may differ. The first of several equally near words counts.</remarks>
    /// <param name="word">The mistyped word.</param>
    /// <param name="known">The words that would be valid.</param>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        (string Word, int Distance)[] near =
        [
            .. from candidate in known.Distinct(StringComparer.Ordinal)
               let distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant())
               where distance <= Math.Max(word.Length, candidate.Length) / 3
               select (candidate, distance),
        ];
        return near.Length == 0 ? null : near.MinBy(n => n.Distance).Word;
    }

    /// <summary>
    /// Computes the Levenshtein distance with exchanged neighbors as one error: insertions, deletions, replacements and exchanges.
    /// </summary>
    internal static int Distance(string a, string b)
    {
        int[,] distance = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                distance[i, j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(
                        distance[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1),
                        Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
                }
            }
        }
        return distance[a.Length, b.Length];
    }
}
