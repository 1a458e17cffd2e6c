using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Farsight.Tests.Support;

/// <summary>
/// Extracts the prose of source files: messages, doc comments, comments and descriptions. Each piece is one item of a Markdown list, so
/// that <see cref="EnglishPatterns"/> sees where a text begins.
/// </summary>
static partial class SourceProse
{
    /// <summary>Returns the string literals of a C# file that contain a space; an interpolated value is a dot.</summary>
    internal static string Messages(string source) =>
        Items(CSharpLiterals.Of(source.ReplaceLineEndings("\n")).Where(l => l.Trim().Contains(' ')));

    /// <summary>Returns the elements of the doc comments of a C# file, and its other comments.</summary>
    internal static string Comments(string source) => Items(
        Blocks(source, "//").SelectMany(b => b.StartsWith('/') ? Element().Split(Reference().Replace(b, "code")) : [b])
            .Select(t => t.TrimStart('/', ' ')));

    /// <summary>Returns the comments of a script or a recipe.</summary>
    /// <param name="source">The file's text.</param>
    /// <param name="mark">The beginning of a comment: "#" or "//".</param>
    internal static string Comments(string source, string mark) => Items(Blocks(source, mark));

    /// <summary>Returns the quoted texts of a shell script that contain a space.</summary>
    internal static string ShellMessages(string source) => Items(
        source.Split('\n').Where(l => !l.TrimStart().StartsWith('#')).SelectMany(l => Quoted().Matches(l)).Select(m => m.Groups[1].Value)
            .Where(t => t.Contains(' ')));

    /// <summary>Returns the titles and descriptions of a JSON Schema.</summary>
    internal static string Descriptions(string schema) => Items(DescriptionsOf(JsonNode.Parse(schema)));

    static IEnumerable<string> DescriptionsOf(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => p.Key is "description" or "title" && p.Value is JsonValue text
            ? [text.GetValue<string>()]
            : DescriptionsOf(p.Value)),
        JsonArray a => a.SelectMany(DescriptionsOf),
        _ => [],
    };

    /// <summary>Returns the comments of a file: consecutive lines as one text, and comments behind code.</summary>
    static IEnumerable<string> Blocks(string source, string mark)
    {
        StringBuilder block = new();
        foreach (string line in source.Split('\n').Append(""))
        {
            string text = line.Trim();
            if (text.StartsWith(mark, StringComparison.Ordinal))
            {
                block.Append(text[mark.Length..]).Append(' ');
                continue;
            }
            if (block.Length > 0)
            {
                yield return block.ToString();
                block.Clear();
            }
            if (text.LastIndexOf($" {mark} ", StringComparison.Ordinal) is > 0 and var at && !text[at..].Contains('"'))
            {
                yield return text[(at + mark.Length + 2)..];
            }
        }
    }

    static string Items(IEnumerable<string> texts) =>
        string.Concat(texts.Select(t => t.Trim()).Where(t => t.Length > 0).Select(t => $"\n- {White().Replace(t, " ")}"));

    [GeneratedRegex(@"</?(?:summary|param|remarks|returns|exception|item|list|para|typeparam|term|description|value|example)\b[^>]*>")]
    private static partial Regex Element();

    [GeneratedRegex("<c>.*?</c>|<code>.*?</code>|<(?:see|paramref|typeparamref)[^>]*/>")]
    private static partial Regex Reference();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"[\s/]*\s[\s/]*")]
    private static partial Regex White();
}

/// <summary>Reads the string literals of C# code: regular, verbatim, raw and interpolated ones, nested ones first.</summary>
sealed class CSharpLiterals
{
    readonly string _source;
    readonly List<string> _found = [];

    int _at;

    CSharpLiterals(string source) => _source = source;

    internal static IReadOnlyList<string> Of(string source)
    {
        CSharpLiterals literals = new(source);
        literals.Code(isHole: false);
        return literals._found;
    }

    /// <summary>Reads code to its end, or to the brace that ends an interpolated value.</summary>
    void Code(bool isHole)
    {
        for (int depth = 0; _at < _source.Length;)
        {
            char c = _source[_at];
            if (c == '}' && isHole && depth == 0)
            {
                return;
            }
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (Starts("//") || Starts("/*"))
            {
                string end = Starts("//") ? "\n" : "*/";
                int next = _source.IndexOf(end, _at, StringComparison.Ordinal);
                _at = next < 0 ? _source.Length : next + end.Length;
            }
            else if (c == '\'')
            {
                _at = _source.IndexOf('\'', _at + (_source[_at + 1] == '\\' ? 3 : 2)) + 1;
            }
            else if (c is '"' or '$' or '@' && Prefix() is var prefix && _source[_at + prefix] == '"')
            {
                Text(prefix);
            }
            else
            {
                _at++;
            }
        }
    }

    int Prefix()
    {
        int length = 0;
        while (_source[_at + length] is '$' or '@')
        {
            length++;
        }
        return length;
    }

    void Text(int prefix)
    {
        ReadOnlySpan<char> marks = _source.AsSpan(_at, prefix);
        int holes = marks.Count('$'), quotes = 0;
        bool isVerbatim = marks.Contains('@');
        for (_at += prefix; _source[_at + quotes] == '"'; quotes++)
        {
        }
        if (quotes == 2)
        {
            _at += 2;
            return;
        }
        quotes = isVerbatim ? 1 : quotes; // a verbatim literal can begin with a doubled quote
        bool isRaw = quotes > 2;
        string end = new('"', quotes), open = new('{', holes);
        StringBuilder text = new();
        for (_at += quotes; !Starts(end) || (isVerbatim && Starts("\"\""));)
        {
            if (holes > 0 && Starts(open) && (isRaw || !Starts("{{")))
            {
                _at += holes;
                Code(isHole: true);
                _at += holes;
                text.Append('.');
                continue;
            }
            bool isBackslash = !isRaw && !isVerbatim && _source[_at] == '\\';
            bool isDoubled = !isRaw && (Starts("\"\"") || (holes > 0 && (Starts("{{") || Starts("}}"))));
            _at += isBackslash || isDoubled ? 1 : 0;
            char c = _source[_at++];
            text.Append(isBackslash && c == 'n' ? '\n' : c);
        }
        _at += quotes;
        _found.Add(text.ToString());
    }

    bool Starts(string text) => string.CompareOrdinal(_source, _at, text, 0, text.Length) == 0;
}
