using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus.Formats.Html;

/// <summary>Finds hidden elements by the rules of a page's style sheets and by their own style.</summary>
/// <remarks>
/// Only selectors of one name, class or id are followed, outside of @-rules. A class that another rule shows ("tab.active") belongs to
/// something that readers can open, and hides nothing.
/// </remarks>
sealed partial class HtmlStyles
{
    static readonly HashSet<string> s_unseen = new(StringComparer.Ordinal)
    {
        "sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "screen-reader-only", "skip-link", "d-none", "is-hidden",
    };

    readonly Dictionary<string, bool> _rules = new(StringComparer.Ordinal);
    readonly HashSet<string> _shown = new(StringComparer.Ordinal);

    /// <summary>Adds a style sheet.</summary>
    internal void Add(string sheet)
    {
        ReadOnlySpan<char> rest = Comment().Replace(sheet, " ");
        while (rest.IndexOf('{') is >= 0 and var open)
        {
            string selectors = rest[..open].Trim().ToString();
            bool isNested = selectors.Contains('@', StringComparison.Ordinal);
            int end = EndOf(rest, open, isNested);
            if (!isNested && Display().Match(rest[(open + 1)..end].ToString()) is { Success: true } display)
            {
                Add(selectors, display.Groups["hides"].Success);
            }
            rest = rest[Math.Min(end + 1, rest.Length)..];
        }
    }

    /// <summary>Returns whether the element is not shown.</summary>
    internal bool Hides(HtmlElement element)
    {
        if (element.HasHidden || Array.Exists(element.Classes, s_unseen.Contains))
        {
            return true;
        }
        if (element.Style.Length > 0)
        {
            Match own = Display().Match(element.Style);
            if (own.Success)
            {
                return own.Groups["hides"].Success;
            }
        }
        return _rules.Count > 0 && HidesByRule(element);
    }

    bool HidesByRule(HtmlElement element)
    {
        bool isHidden = Rule(element.Name, element.Name);
        foreach (string name in element.Classes)
        {
            isHidden |= Rule("." + name, "." + name) || Rule($"{element.Name}.{name}", "." + name);
        }
        return isHidden || (element.Id.Length > 0 && (Rule("#" + element.Id, "#" + element.Id)
            || Rule($"{element.Name}#{element.Id}", "#" + element.Id)));
    }

    bool Rule(string selector, string token) => _rules.GetValueOrDefault(selector) && !_shown.Contains(token);

    void Add(string selectors, bool hides)
    {
        foreach (string selector in selectors.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Simple().IsMatch(selector))
            {
                _rules[selector] = hides;
            }
            else if (!hides)
            {
                _shown.UnionWith(Token().Matches(selector).Select(m => m.Value));
            }
        }
    }

    static int EndOf(ReadOnlySpan<char> sheet, int open, bool isNested)
    {
        int depth = 0;
        for (int i = open; i < sheet.Length; i++)
        {
            depth += sheet[i] == '{' ? 1 : sheet[i] == '}' ? -1 : 0;
            if (sheet[i] == '}' && (depth == 0 || !isNested))
            {
                return i;
            }
        }
        return sheet.Length;
    }

    [GeneratedRegex(@"/\*.*?(\*/|\z)", RegexOptions.Singleline)]
    private static partial Regex Comment();

    // The first declaration decides; pages with two of them in one rule are rare.
    [GeneratedRegex(
        @"(?:^|[;\s])(?:(?<hides>display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))|display\s*:\s*[a-z])", RegexOptions.IgnoreCase)]
    private static partial Regex Display();

    [GeneratedRegex(@"^(?:[a-z][\w-]*|[a-z]*[.#][\w-]+)$", RegexOptions.IgnoreCase)]
    private static partial Regex Simple();

    [GeneratedRegex(@"[.#][\w-]+")]
    private static partial Regex Token();
}
