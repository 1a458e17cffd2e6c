using AngleSharp.Html;
using AngleSharp.Html.Parser;
using AngleSharp.Html.Parser.Tokens;
using AngleSharp.Text;

namespace Farsight.Alignment.Corpus.Formats.Html;

/// <summary>Builds the tree of a page from its tags, in linear time and with bounded depth.</summary>
/// <remarks>
/// AngleSharp reads tags, entities and raw text. Its tree is not used: its depth has no bound, and its search for open elements takes
/// quadratic time on deep pages. Elements beyond the bound become siblings, as in browsers. Only those rules of the standard are here that
/// decide which text belongs to which element: implied end tags, raw text, and end tags that match nothing.
/// Source: HTML Living Standard, 13.2.6.
/// </remarks>
sealed class HtmlTree : IDisposable
{
    static readonly string[] s_kept = ["class", "id", "role", "style", "hidden", "aria-hidden", "aria-label", "open", "type", "xmlns"];

    readonly List<HtmlElement> _open = [HtmlElement.Of("html")];
    readonly Dictionary<string, int> _beyond = new(StringComparer.Ordinal);
    readonly HtmlTokenizer _tokens;
    readonly HtmlStyles _styles = new();
    readonly int _depth;
    bool _isXhtml;

    HtmlTree(string page, int depth)
    {
        _depth = depth;
        _isXhtml = page.AsSpan().TrimStart().StartsWith("<?xml", StringComparison.OrdinalIgnoreCase);
        _tokens = new(new TextSource(page), HtmlEntityProvider.Resolver)
        {
            SkipComments = true,
            ShouldEmitAttribute = static (ref _, name) => IsKept(name.Span),
        };
    }

    /// <summary>Gets whether elements were nested deeper than the bound.</summary>
    internal bool IsTooDeep { get; private set; }

    /// <summary>Gets whether the page consists of frames.</summary>
    internal bool HasFrames { get; private set; }

    /// <summary>Gets whether the page contains a script.</summary>
    internal bool HasScripts { get; private set; }

    /// <summary>Gets whether the page contains a tag.</summary>
    internal bool HasTags { get; private set; }

    /// <summary>Gets the rules of its style sheets.</summary>
    internal HtmlStyles Styles => _styles;

    internal HtmlElement Root => _open[0];

    /// <summary>Releases the buffer of the tokenizer; the tree stays.</summary>
    public void Dispose() => _tokens.Dispose();

    /// <summary>Reads a page.</summary>
    /// <param name="page">Its markup.</param>
    /// <param name="depth">Greatest depth of elements.</param>
    internal static HtmlTree Read(string page, int depth)
    {
        using HtmlTree tree = new(page, depth);
        while (tree._tokens.Get() is { Type: not HtmlTokenType.EndOfFile } token)
        {
            switch (token.Type)
            {
                case HtmlTokenType.StartTag:
                    tree.Start(token.AsTag());
                    break;
                case HtmlTokenType.EndTag:
                    tree.End(token.Name);
                    break;
                case HtmlTokenType.Character:
                    tree.AddText(token.Data);
                    break;
                default:
                    break;
            }
        }
        tree.PopTo(1);
        return tree;
    }

    HtmlElement Top => _open[^1];

    void AddText(string text)
    {
        if (Top.Name == "style")
        {
            _styles.Add(text);
        }
        else if (Top.Name != "script")
        {
            HtmlElement run = HtmlElement.OfText(text);
            if (Top.Name == "head" && run.Letters > 0)
            {
                PopTo(_open.Count - 1); // text ends the head
            }
            Top.Add(run);
            Top.Count(run);
        }
    }

    void Start(HtmlTagToken tag)
    {
        HasTags = true;
        string name = tag.Name;
        if (name is "html" or "body")
        {
            _isXhtml |= name == "html" && tag.GetAttribute("xmlns").EndsWith("xhtml", StringComparison.Ordinal);
            if (_open.FindIndex(e => e.Name == "head") is > 0 and var head)
            {
                PopTo(head);
            }
            return;
        }
        HasFrames |= name == "frameset";
        HasScripts |= name == "script";
        if (Top.Name == "head"
            && name is not ("title" or "meta" or "link" or "script" or "style" or "base" or "noscript" or "template" or "object"))
        {
            PopTo(_open.Count - 1);
        }
        CloseImplied(name);
        HtmlElement element = HtmlElement.Of(tag);
        Top.Add(element);
        bool isForeign = _open.Exists(e => e.Name is "svg" or "math");
        if (HtmlNames.Void.Contains(name) || (tag.IsSelfClosing && (_isXhtml || isForeign || name is "svg" or "math")))
        {
            Top.Count(element);
            return;
        }
        if (!isForeign)
        {
            _tokens.State = name switch
            {
                "script" => HtmlParseMode.Script,
                "style" or "xmp" or "iframe" or "noembed" or "noframes" => HtmlParseMode.Rawtext,
                "title" or "textarea" => HtmlParseMode.RCData,
                "plaintext" => HtmlParseMode.Plaintext,
                _ => _tokens.State,
            };
        }
        if (_open.Count < _depth || (HtmlNames.Skipped.Contains(name) && !HtmlNames.Skipped.Contains(Top.Name)))
        {
            _open.Add(element);
            _tokens.IsAcceptingCharacterData = _isXhtml || isForeign || name is "svg" or "math";
            return;
        }
        IsTooDeep = true;
        _beyond[name] = _beyond.GetValueOrDefault(name) + 1;
    }

    void End(string name)
    {
        if (_beyond.TryGetValue(name, out int beyond) && beyond > 0)
        {
            _beyond[name] = beyond - 1;
            Top.Add(HtmlElement.Of(name)); // ends the line of a block
            return;
        }
        if (name == "br")
        {
            Top.Add(HtmlElement.Of(name));
            return;
        }
        if (name is "html" or "body")
        {
            return; // what follows belongs to the page
        }
        bool isPart = HtmlNames.TableParts.Contains(name), isBlock = isPart || HtmlNames.IsBlock(name);
        for (int i = _open.Count - 1; i > 0; i--)
        {
            string open = _open[i].Name;
            if (open == name || (IsHeading(open) && IsHeading(name)))
            {
                PopTo(i);
                return;
            }
            bool isScope = isPart ? open is "table" or "template" : HtmlNames.Scopes.Contains(open);
            if (isScope || (!isBlock && HtmlNames.IsBlock(open)))
            {
                break;
            }
        }
        if (name == "p")
        {
            Top.Add(HtmlElement.Of("p"));
        }
    }

    /// <summary>Closes the elements whose end tags may be left out before another begins.</summary>
    void CloseImplied(string name)
    {
        switch (name)
        {
            case "li":
                CloseWithin(["li"], ["ul", "ol", "menu", "dir"]);
                CloseWithin(["p"], []);
                break;
            case "dt" or "dd":
                CloseWithin(["dt", "dd"], ["dl"]);
                CloseWithin(["p"], []);
                break;
            case "option" or "optgroup":
                CloseWithin(name == "option" ? ["option"] : ["option", "optgroup"], ["select", "datalist"]);
                break;
            case "rt" or "rp" or "rb" or "rtc":
                CloseWithin(["rt", "rp", "rb", "rtc"], ["ruby"]);
                break;
            case "td" or "th":
                CloseWithin(["td", "th", "caption"], ["tr", "table"]);
                break;
            case "tr":
                CloseWithin(["tr", "caption", "colgroup"], ["table"]);
                break;
            case "thead" or "tbody" or "tfoot" or "caption" or "colgroup":
                CloseWithin(["thead", "tbody", "tfoot", "caption", "colgroup"], ["table"]);
                break;
            case "a" or "button":
                CloseWithin([name], ["article", "main"]);
                break;
            default:
                if (HtmlNames.IsBlock(name))
                {
                    CloseWithin(["p"], []);
                    if (IsHeading(name) && IsHeading(Top.Name))
                    {
                        PopTo(_open.Count - 1);
                    }
                }
                break;
        }
    }

    /// <summary>Closes the outermost of the named elements that no boundary separates from the current place.</summary>
    void CloseWithin(ReadOnlySpan<string> names, ReadOnlySpan<string> boundaries)
    {
        bool isPart = HtmlNames.TableParts.Contains(names[0]);
        int found = -1;
        for (int i = _open.Count - 1; i > 0; i--)
        {
            string open = _open[i].Name;
            if (boundaries.Contains(open) || open is "table" or "template" || (!isPart && HtmlNames.Scopes.Contains(open)))
            {
                break;
            }
            found = names.Contains(open) ? i : found;
        }
        if (found > 0)
        {
            PopTo(found);
        }
    }

    void PopTo(int count)
    {
        while (_open.Count > count)
        {
            HtmlElement closed = Top;
            _open.RemoveAt(_open.Count - 1);
            Top.Count(closed);
        }
        _tokens.IsAcceptingCharacterData = _isXhtml || _open.Exists(e => e.Name is "svg" or "math");
    }

    static bool IsHeading(string name) => name is ['h', >= '1' and <= '6'];

    static bool IsKept(ReadOnlySpan<char> name)
    {
        foreach (string kept in s_kept)
        {
            if (name.Equals(kept, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
