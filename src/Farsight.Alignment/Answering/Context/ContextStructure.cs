using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Represents a text as scope, aspects and descriptions.</summary>
/// <param name="Scope">Subject of the text.</param>
/// <param name="Aspects">At least one, each with at least one description.</param>
sealed partial record ContextStructure(string Scope, IReadOnlyList<ContextAspect> Aspects)
{
    // Minimum share of a sentence's words that the descriptions have, as in the authors' repair.
    const double LeastShared = 0.5;

    /// <summary>The structure in the form that <see cref="Parse"/> reads.</summary>
    internal string Outline
    {
        get
        {
            StringBuilder text = new($"Scope: {Scope}");
            for (int i = 0; i < Aspects.Count; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n{i + 1}. {Aspects[i].Name}");
                for (int j = 0; j < Aspects[i].Descriptions.Count; j++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"\n    {i + 1}.{j + 1}. {Aspects[i].Descriptions[j]}");
                }
            }
            return text.ToString();
        }
    }

    /// <summary>The structure as a text for a prompt: a heading, the aspects in order, and their descriptions.</summary>
    internal string Text => string.Join(
        "\n\n",
        Aspects.Select((a, i) => $"Aspect {i + 1}, {a.Name}: {string.Join(' ', a.Descriptions)}")
            .Prepend($"{Scope}\n\nThe text has {Aspects.Count} aspects."));

    /// <summary>Parses a structure.</summary>
    /// <returns>The structure; null if a line has no place in it, a number is not the next one, or an aspect has no description.</returns>
    internal static ContextStructure? Parse(string text)
    {
        string? scope = null;
        List<(string Name, List<string> Descriptions)> aspects = [];
        foreach (string line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0))
        {
            Match match = Line().Match(line);
            string rest = match.Groups["text"].Value;
            int[] numbers = [.. match.Groups["number"].Captures.Select(c => NumberOf(c.Value))];
            if (!match.Success)
            {
                return null;
            }
            if (match.Groups["scope"].Success && scope is null && aspects.Count == 0)
            {
                scope = rest;
            }
            else if (numbers is [int aspect] && scope is not null && aspect == aspects.Count + 1)
            {
                aspects.Add((rest, []));
            }
            else if (numbers is [int own, int next] && own == aspects.Count && own > 0 && next == aspects[^1].Descriptions.Count + 1)
            {
                aspects[^1].Descriptions.Add(rest);
            }
            else
            {
                return null;
            }
        }
        return scope is null || aspects.Count == 0 || aspects.Exists(a => a.Descriptions.Count == 0)
            ? null
            : new(scope, [.. aspects.Select(a => new ContextAspect(a.Name, a.Descriptions))]);
    }

    /// <summary>Counts the sentences of a source of whose words the descriptions have at least half.</summary>
    internal int Covered(string source)
    {
        HashSet<string> known = [.. Aspects.SelectMany(a => a.Descriptions).SelectMany(Words)];
        return TextPieces.Sentences(source).Select(s => Words(s).ToArray()).Count(w => w.Count(known.Contains) >= LeastShared * w.Length);
    }

    static IEnumerable<string> Words(string text) => Word().Matches(text).Select(m => m.Value.ToLowerInvariant());

    static int NumberOf(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1;

    [GeneratedRegex(@"\A(?:(?<scope>Scope:)|(?<number>\d+)\.(?:(?<number>\d+)\.?)?(?=\s))\s*(?<text>\S.*)\z")]
    private static partial Regex Line();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}

/// <summary>Represents an aspect of a text.</summary>
/// <param name="Name">A noun phrase.</param>
/// <param name="Descriptions">Whole sentences.</param>
sealed record ContextAspect(string Name, IReadOnlyList<string> Descriptions);
