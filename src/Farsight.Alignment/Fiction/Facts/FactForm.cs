using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction.Facts;

/// <summary>Represents the form of the values of a document: all look alike, so each is a plausible answer to every question.</summary>
public sealed partial class FactForm
{
    readonly Drawer _draw;
    readonly Regex _pattern;

    FactForm(string name, Regex pattern, Drawer draw) => (Name, _pattern, _draw) = (name, pattern, draw);

    delegate string Drawer(ref SeededRandom random, NeedleWords words);

    /// <summary>Name of the form: "digits 5", "time", "code", "date", "person", "passphrase" or "town".</summary>
    public string Name { get; }

    /// <summary>Returns the form of a name.</summary>
    public static FactForm Of(string name) => name switch
    {
        "time" => new(name, Time(), (ref r, _) => string.Create(CultureInfo.InvariantCulture, $"{r.Next(5, 24)}:{r.Next(60):D2}")),
        "code" => new(name, Code(), (ref r, _) =>
            string.Create(CultureInfo.InvariantCulture, $"{Letter(ref r)}{Letter(ref r)}-{r.Next(100, 1000)}")),
        "date" => new(name, Date(), (ref r, _) =>
            string.Create(CultureInfo.InvariantCulture, $"{r.Pick(Months)} {r.Next(1, 29)}")),
        "person" => new(name, Person(), (ref r, words) => $"{words.GivenName(ref r)} {words.InventedName(ref r)}"),
        "passphrase" => new(name, Passphrase(), (ref r, _) => NeedleWords.Passphrase(ref r)),
        "town" => new(name, Town(), (ref r, _) => NeedleWords.Town(ref r)),
        _ => new(name, Digits(), (ref r, _) => DrawDigits(ref r, int.Parse(name["digits ".Length..], CultureInfo.InvariantCulture))),
    };

    /// <summary>Draws a value.</summary>
    internal string Draw(ref SeededRandom random, NeedleWords words) => _draw(ref random, words);

    /// <summary>Finds the texts of an answer that have this form, or nearly so: a number with a digit too many is one.</summary>
    /// <param name="text">An answer after <see cref="Normalize"/>.</param>
    public IEnumerable<string> Find(string text) => _pattern.Matches(text).Select(m => m.Value);

    /// <summary>
    /// Writes numbers without separators ("48,213" as "48213"), days behind their month ("the 3rd of May" as "May 3"), and white space as
    /// single spaces, so that an answer in another spelling is recognized.
    /// </summary>
    public static string Normalize(string text)
    {
        text = WhiteSpace().Replace(text, " ").Trim().Replace('’', '\'').Replace('‑', '-');
        text = Grouped().Replace(text, m => m.Value.Replace(",", "", StringComparison.Ordinal));
        text = DayFirst().Replace(text, "$2 $1");
        return Ordinal().Replace(text, "$1 $2");
    }

    static IReadOnlyList<string> Months => CultureInfo.InvariantCulture.DateTimeFormat.MonthNames[..12];

    // Without the letters that look like digits.
    static char Letter(ref SeededRandom random) => random.Pick("ABCDEFGHJKLMNPRSTUVWXYZ".ToCharArray());

    static string DrawDigits(ref SeededRandom random, int count)
    {
        int least = (int)Math.Pow(10, count - 1);
        return random.Next(least, 10 * least).ToString(CultureInfo.InvariantCulture);
    }

    const string MonthNames =
        "(January|February|March|April|May|June|July|August|September|October|November|December)";

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(@"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w])")]
    private static partial Regex Grouped();

    [GeneratedRegex(@"\b(?:the )?(\d{1,2})(?:st|nd|rd|th)?(?: of)? " + MonthNames + @"\b", RegexOptions.IgnoreCase)]
    private static partial Regex DayFirst();

    [GeneratedRegex(@"\b" + MonthNames + @" (?:the )?(\d{1,2})(?:st|nd|rd|th)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Ordinal();

    [GeneratedRegex(@"(?<![\w.])\d{3,}(?!\w)")]
    private static partial Regex Digits();

    [GeneratedRegex(@"(?<![\w:])\d{1,2}:\d{2}(?![\w:])")]
    private static partial Regex Time();

    [GeneratedRegex(@"(?<!\w)[A-Za-z]{1,3}[- ]?\d{2,5}(?!\w)")]
    private static partial Regex Code();

    [GeneratedRegex(@"\b" + MonthNames + @" \d{1,2}(?!\w)", RegexOptions.IgnoreCase)]
    private static partial Regex Date();

    [GeneratedRegex(@"\b(?!The |A |An |In |It )\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+\b")]
    private static partial Regex Person();

    [GeneratedRegex(@"\b(?:amber|azure|black|blue|bronze|brown|cobalt|copper|coral|cream|crimson|ebony|emerald|golden|gray|green|indigo"
        + @"|ivory|jade|lemon|lilac|maroon|navy|olive|orange|pink|purple|red|rusty|saffron|sapphire|scarlet|silver|snowy|speckled|spotted"
        + @"|tawny|turquoise|umber|violet|white|yellow) \p{Ll}{2,}\b", RegexOptions.IgnoreCase)]
    private static partial Regex Passphrase();

    [GeneratedRegex(@"(?<=[\p{Ll},;:] )\p{Lu}\p{Ll}{3,}\b")]
    private static partial Regex Town();
}
