using System.Text;
using System.Text.RegularExpressions;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction;

/// <summary>Expands the rules of <see cref="FictionGrammar"/> for one document and avoids repeated sentences.</summary>
/// <remarks>The alternatives of a rule are used up in random order before one comes again, so that repeats are far apart.</remarks>
sealed partial class FictionVoice(SeededRandom random)
{
    const int MostTries = 40;

    readonly Dictionary<string, Queue<string>> _bags = [];
    readonly HashSet<string> _said = [];

    /// <summary>The random stream of the document. A field, because drawing must advance it.</summary>
    public SeededRandom Random = random;

    /// <summary>Gets the values of $name in the rules.</summary>
    public Dictionary<string, string> Names { get; } = [];

    /// <summary>Expands a template to one or more finished sentences, new to the document if possible.</summary>
    public string Say(string template)
    {
        string text = Finish(Expand(template));
        for (int i = 0; i < MostTries && Repeats(text); i++)
        {
            text = Finish(Expand(template));
        }
        Remember(text);
        return text;
    }

    /// <summary>Expands a template to a phrase, without capitalizing or remembering it.</summary>
    public string Phrase(string template) => Articles().Replace(Expand(template), "$1n ");

    /// <summary>Corrects spaces and articles and capitalizes sentences.</summary>
    public static string Finish(string text)
    {
        text = Spaces().Replace(text, "").Trim();
        text = Articles().Replace(text, "$1n ");
        return SentenceStart().Replace(text, m => m.Value[..^1] + char.ToUpperInvariant(m.Value[^1]));
    }

    /// <summary>Returns whether a sentence of the text was already used.</summary>
    public bool Repeats(string text) => SentenceEnd().Split(text).Any(_said.Contains);

    /// <summary>Marks the sentences of the text as used.</summary>
    public void Remember(string text) => _said.UnionWith(SentenceEnd().Split(text));

    /// <summary>Draws an alternative of a rule, not expanded.</summary>
    public string Draw(string rule)
    {
        if (!_bags.TryGetValue(rule, out Queue<string>? bag) || bag.Count == 0)
        {
            string[] shuffled = [.. FictionGrammar.Rules[rule]];
            Random.Shuffle<string>(shuffled);
            _bags[rule] = bag = new(shuffled);
        }
        return bag.Dequeue();
    }

    string Expand(string template)
    {
        StringBuilder text = new();
        int i = 0;
        while (i < template.Length)
        {
            i = template[i] switch
            {
                '{' => Choose(template, i, text),
                '<' => Apply(template, i, text),
                '$' => Name(template, i, text),
                _ => Copy(template, i, text),
            };
        }
        return text.ToString();
    }

    static int Copy(string template, int i, StringBuilder text)
    {
        text.Append(template[i]);
        return i + 1;
    }

    int Choose(string template, int start, StringBuilder text)
    {
        int end = start + 1;
        for (int depth = 1; depth > 0; end++)
        {
            depth += template[end] switch { '{' => 1, '}' => -1, _ => 0 };
        }
        text.Append(Expand(Random.Pick(FictionGrammar.SplitAlternatives(template.AsSpan(start + 1, end - start - 2)))));
        return end;
    }

    int Apply(string template, int start, StringBuilder text)
    {
        int end = template.IndexOf('>', start) + 1;
        string said = Expand(Draw(template[(start + 1)..(end - 1)]));
        bool plural = end < template.Length && template[end] == 's' && (end + 1 == template.Length || !char.IsLetter(template[end + 1]));
        text.Append(plural ? Plural(said) : said);
        return plural ? end + 1 : end;
    }

    int Name(string template, int start, StringBuilder text)
    {
        string name = NamePattern().Match(template, start + 1).Value;
        text.Append(Names[name]);
        return start + 1 + name.Length;
    }

    static string Plural(string noun) => noun switch
    {
        [.., 'm', 'a', 'n'] => noun[..^2] + "en",
        [.., not ('a' or 'e' or 'o'), 'y'] => noun[..^1] + "ies",
        [.., 's' or 'x' or 'z'] or [.., 'c' or 's', 'h'] => noun + "es",
        _ => noun + "s",
    };

    [GeneratedRegex(@"\G[a-z]+(\.[a-z]+)?")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@" +(?=[ ,.;?])")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\b([Aa]) (?=[aiAI]|[oO](?!ne\b|nce\b)|[eE](?!u)|[uU](?!ni[^nm]|s[eu])|h(?:onest|our|eir))")]
    private static partial Regex Articles();

    [GeneratedRegex("""^"?[a-z]|[.?!] "?[a-z]|\." "?[a-z]|: "[a-z]""")]
    private static partial Regex SentenceStart();

    [GeneratedRegex("""(?<=[.!?]|[.!?]") (?=["A-Z])""")]
    private static partial Regex SentenceEnd();
}
