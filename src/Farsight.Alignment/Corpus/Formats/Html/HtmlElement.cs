using System.Collections.Frozen;
using AngleSharp.Html.Parser.Tokens;

namespace Farsight.Alignment.Corpus.Formats.Html;

/// <summary>Represents an element of a page, or a run of text (<see cref="Text"/>).</summary>
sealed class HtmlElement
{
    internal const string TextName = "#text";

    static readonly HtmlElement[] s_none = [];

    List<HtmlElement>? _children;
    string? _class;

    HtmlElement(string name) => Name = name;

    /// <summary>Gets the name in lower case.</summary>
    internal string Name { get; }

    /// <summary>Gets the text of a run; empty for an element.</summary>
    internal string Text { get; private init; } = "";

    internal string Id { get; private init; } = "";

    internal string Role { get; private init; } = "";

    internal string Style { get; private init; } = "";

    internal string Label { get; private init; } = "";

    internal string[] Classes { get; private init; } = [];

    internal IReadOnlyList<HtmlElement> Children => _children ?? (IReadOnlyList<HtmlElement>)s_none;

    /// <summary>Gets whether the attribute <c>hidden</c> hides the element. "until-found" lets readers open it.</summary>
    internal bool HasHidden { get; private init; }

    internal bool HasAriaHidden { get; private init; }

    internal bool IsOpen { get; private init; }

    internal bool IsButton => Name == "button" || Role == "button"
        || (Name == "input" && Type is "button" or "submit");

    /// <summary>Gets the letters and digits of its text, complete when the element is closed.</summary>
    internal int Letters { get; private set; }

    /// <summary>Gets the letters and digits of its text inside links.</summary>
    internal int LinkLetters { get; private set; }

    /// <summary>Gets whether it contains a button or a field.</summary>
    internal bool HasControl { get; private set; }

    /// <summary>Gets whether it contains the main part of a page: main, article or a heading of the first level.</summary>
    internal bool HasMain { get; private set; }

    string Type { get; init; } = "";

    /// <summary>Gets the words of its id and classes: "cookie" and "banner" of "cookie-banner".</summary>
    internal IEnumerable<string> Words => _words ??= [.. Split($"{_class} {Id}")];

    string[]? _words;

    /// <summary>Creates an element from its tag.</summary>
    internal static HtmlElement Of(HtmlTagToken tag)
    {
        string classes = tag.GetAttribute("class");
        string? hidden = tag.Attributes.Where(a => a.Name == "hidden").Select(a => a.Value).FirstOrDefault();
        return new(tag.Name)
        {
            _class = classes,
            Classes = classes.Length == 0 ? [] : classes.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
            Id = tag.GetAttribute("id"),
            Role = tag.GetAttribute("role").Trim().ToLowerInvariant(),
            Style = tag.GetAttribute("style"),
            Label = tag.GetAttribute("aria-label"),
            HasHidden = hidden is not null && !hidden.Equals("until-found", StringComparison.OrdinalIgnoreCase),
            HasAriaHidden = tag.GetAttribute("aria-hidden").Trim().Equals("true", StringComparison.OrdinalIgnoreCase),
            IsOpen = tag.Attributes.Any(a => a.Name == "open"),
            Type = tag.GetAttribute("type").Trim().ToLowerInvariant(),
            HasControl = tag.Name is "button" or "input" or "select" or "textarea",
            HasMain = tag.Name is "main" or "article" or "h1",
        };
    }

    /// <summary>Creates an element without attributes.</summary>
    internal static HtmlElement Of(string name) => new(name);

    /// <summary>Creates a run of text.</summary>
    internal static HtmlElement OfText(string text)
    {
        int letters = 0;
        foreach (char c in text)
        {
            letters += char.IsLetterOrDigit(c) ? 1 : 0;
        }
        return new(TextName) { Text = text, Letters = letters };
    }

    internal void Add(HtmlElement child) => (_children ??= []).Add(child);

    /// <summary>Adds the counts of a closed child to this element.</summary>
    internal void Count(HtmlElement child)
    {
        if (child.Name is "script" or "style" or "template" or "noscript")
        {
            return;
        }
        Letters += child.Letters;
        LinkLetters += child.Name == "a" ? child.Letters : child.LinkLetters;
        HasControl |= child.HasControl || child.IsButton;
        HasMain |= child.HasMain;
    }

    static IEnumerable<string> Split(string names)
    {
        int start = 0;
        for (int i = 0; i <= names.Length; i++)
        {
            bool isEnd = i == names.Length || !char.IsLetterOrDigit(names[i]);
            bool isHump = !isEnd && i > start && char.IsUpper(names[i]) && char.IsLower(names[i - 1]);
            if ((isEnd || isHump) && i > start)
            {
                yield return names[start..i].ToLowerInvariant();
            }
            start = isEnd ? i + 1 : isHump ? i : start;
        }
    }
}

/// <summary>Lists the elements of HTML by what they mean for the text of a page.</summary>
static class HtmlNames
{
    /// <summary>Elements without content and end tag.</summary>
    internal static readonly FrozenSet<string> Void = Set(
        "area base basefont bgsound br col command embed frame hr img input keygen link meta param source track wbr");

    /// <summary>Elements whose content is never text of the page.</summary>
    internal static readonly FrozenSet<string> Skipped = Set(
        "head title script style template noscript noframes noembed iframe frameset object applet canvas audio video picture svg map "
            + "select datalist textarea progress meter rt rp annotation annotation-xml menuitem");

    /// <summary>Elements with an empty line around them.</summary>
    internal static readonly FrozenSet<string> Paragraphs = Set(
        "p h1 h2 h3 h4 h5 h6 ul ol dl pre listing xmp plaintext blockquote table figure hr details fieldset article section aside hgroup "
            + "menu dir");

    /// <summary>Elements on lines of their own.</summary>
    internal static readonly FrozenSet<string> Lines = Set(
        "div li dt dd tr caption thead tbody tfoot figcaption summary legend address center form main header footer nav body html dialog "
            + "search multicol");

    /// <summary>Elements whose white space is text.</summary>
    internal static readonly FrozenSet<string> Preformatted = Set("pre listing xmp plaintext");

    /// <summary>Elements that an end tag of an element inside them cannot close.</summary>
    internal static readonly FrozenSet<string> Scopes = Set("html body table td th caption template button object marquee svg math");

    internal static readonly FrozenSet<string> TableParts = Set("table thead tbody tfoot tr td th caption colgroup col");

    internal static bool IsBlock(string name) => Paragraphs.Contains(name) || Lines.Contains(name);

    static FrozenSet<string> Set(string names) => names.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
