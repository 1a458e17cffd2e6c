using System.Reflection;

namespace Farsight.Alignment.Fiction;

/// <summary>Loads the grammar of the generated prose: a rule name in square brackets, followed by alternatives.</summary>
/// <remarks>
/// In an alternative, <c>{a|b}</c> is a choice and may be nested or empty, <c>&lt;rule&gt;</c> another rule (a following s
/// makes its plural), and <c>$name</c> a name that the scene supplies. Lines that begin with # are comments.
/// </remarks>
static class FictionGrammar
{
    static readonly string[] s_files = ["words", "scenes", "people", "facts", "frame"];
    static readonly Dictionary<string, string[]> s_rules = Load();

    public static IReadOnlyDictionary<string, string[]> Rules => s_rules;

    /// <summary>Splits at bars that are not inside braces.</summary>
    public static List<string> SplitAlternatives(ReadOnlySpan<char> text)
    {
        List<string> parts = [];
        int depth = 0, start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (text[i] == '|' && depth == 0)
            {
                parts.Add(text[start..i].ToString());
                start = i + 1;
            }
        }
        parts.Add(text[start..].ToString());
        return parts;
    }

    static Dictionary<string, string[]> Load()
    {
        Dictionary<string, List<string>> rules = [];
        foreach (string file in s_files)
        {
            string heading = "";
            foreach (string line in Lines(file).Where(l => l.Length > 0 && l[0] != '#'))
            {
                if (line[0] == '[')
                {
                    heading = line[1..^1];
                    rules.Add(heading, []);
                }
                else
                {
                    rules[heading].AddRange(SplitAlternatives(line));
                }
            }
        }
        return rules.ToDictionary(r => r.Key, r => r.Value.ToArray());
    }

    static string[] Lines(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Grammar/{file}")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Split('\n');
    }
}
