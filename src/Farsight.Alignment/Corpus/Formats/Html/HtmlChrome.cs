using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Corpus.Formats.Html;

/// <summary>Recognizes the parts of a page that are not its text: navigation, consent banners, shares, advertisements.</summary>
/// <remarks>
/// The names of elements, roles and classes decide together with what they hold: a class alone proves nothing, and a part with the main
/// heading or an article is never left out.
/// </remarks>
static partial class HtmlChrome
{
    const int MostLinks = 2000, MostNotice = 4000, MostSmall = 600;

    static readonly FrozenSet<string> s_consent = Set(
        "cookie cookies consent gdpr ccpa dsgvo onetrust cookieconsent cookiebanner cookiebot cookielaw cookienotice didomi usercentrics "
            + "truste quantcast cmplz iubenda borlabs osano klaro axeptio cmp");

    static readonly FrozenSet<string> s_notice = Set(
        "banner bar notice notification popup dialog modal overlay wall layer message disclaimer toast consent law alert prompt");

    static readonly FrozenSet<string> s_navigation = Set(
        "nav navbar navigation navi menu mainmenu submenu topnav sitenav subnav breadcrumb breadcrumbs pagination pager sidebar toolbar "
            + "topbar masthead share sharing social related recommended recommendations skip skiplink header footer sitemap");

    static readonly FrozenSet<string> s_footer = Set("footer colophon copyright imprint");

    static readonly FrozenSet<string> s_advertisement = Set("ad ads advert advertisement advertising adsbygoogle sponsored sponsor promo");

    static readonly FrozenSet<string> s_request = Set(
        "popup modal overlay newsletter subscribe subscription signup paywall share sharing social search searchbox login");

    /// <summary>Returns whether an element is not text of the page.</summary>
    /// <param name="element">The element, closed.</param>
    /// <param name="isInMain">Whether it lies in the main part or an article of the page.</param>
    internal static bool Is(HtmlElement element, bool isInMain)
    {
        switch (element.Name)
        {
            case "nav":
                return true;
            case "header" or "footer":
                return !isInMain && !HasArticle(element);
            case "aside":
                return !isInMain || IsLinks(element) || IsByName(element, isInMain);
            case "dialog":
                return !element.IsOpen || IsConsent(element, isInMain);
            case "body" or "html" or "main" or "article":
                return false;
            default:
                break;
        }
        switch (element.Role)
        {
            case "navigation" or "search" or "menu" or "menubar" or "toolbar" or "dialog" or "alertdialog":
                return true;
            case "banner" or "contentinfo" or "complementary":
                return !isInMain && !element.HasMain;
            default:
                return IsConsent(element, isInMain) || IsByName(element, isInMain);
        }
    }

    static bool IsByName(HtmlElement element, bool isInMain)
    {
        if (element.HasMain || !(HtmlNames.IsBlock(element.Name) || element.Name is "a" or "span" or "ul"))
        {
            return false;
        }
        int letters = element.Letters;
        foreach (string word in element.Words)
        {
            if ((s_navigation.Contains(word) && IsLinks(element))
                || (s_footer.Contains(word) && !isInMain && letters < MostLinks)
                || (s_advertisement.Contains(word) && letters < MostSmall)
                || (s_request.Contains(word) && element.HasControl && letters < MostSmall))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Returns whether most of the text is short links.</summary>
    static bool IsLinks(HtmlElement element) => element.Letters < MostLinks && element.LinkLetters * 2 > element.Letters;

    static bool IsConsent(HtmlElement element, bool isInMain)
    {
        if (element.HasMain || element.Letters > MostNotice || !HtmlNames.IsBlock(element.Name) || element.Letters == 0)
        {
            return false;
        }
        bool isNamed = element.Words.Any(s_consent.Contains) || Subject().IsMatch(element.Label);
        if (isNamed && (element.HasControl || element.Words.Any(s_notice.Contains)))
        {
            return true;
        }
        return (isNamed || (!isInMain && element.Letters < MostSmall))
            && (element.HasControl || element.LinkLetters > 0)
            && Asks(element, out bool isAboutCookies)
            && (isNamed || isAboutCookies);
    }

    /// <summary>Returns whether a button or link of the element gives consent.</summary>
    static bool Asks(HtmlElement element, out bool isAboutCookies)
    {
        isAboutCookies = false;
        bool asks = false;
        foreach (HtmlElement child in element.Children)
        {
            if (child.Name == HtmlElement.TextName)
            {
                isAboutCookies |= Subject().IsMatch(child.Text);
                continue;
            }
            bool isAnswer = (child.Name == "a" || child.IsButton) && child.Letters < 40
                && child.Children.Any(c => Answer().IsMatch(c.Text) || c.Children.Any(d => Answer().IsMatch(d.Text)));
            asks |= Asks(child, out bool isAbout) || isAnswer;
            isAboutCookies |= isAbout;
        }
        return asks;
    }

    static bool HasArticle(HtmlElement element) =>
        element.Children.Any(c => c.Name is "main" or "article" || (c.HasMain && HasArticle(c)));

    [GeneratedRegex(@"\b(?:cookies?|gdpr|dsgvo|consent)\b|クッキー", RegexOptions.IgnoreCase)]
    private static partial Regex Subject();

    [GeneratedRegex(
        @"^\s*(?:accept|agree|i agree|allow|got it|ok\b|okay|understood|i understand|reject|decline|dismiss|close|akzept|"
            + "alle akzept|zustimm|einverstanden|verstanden|accepter|tout accepter|j.accepte|aceptar|acepto|accett|aceitar|同意|接受)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Answer();

    static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
