using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Cuts text into sentences as NLTK 3.8's <c>PunktSentenceTokenizer</c> does with the same model.</summary>
/// <remarks>
/// Kiss and Strunk 2006. Every period, question or exclamation mark with something behind it is a candidate. A word with a period ends a
/// sentence unless it is an abbreviation; then how the next word is written elsewhere, collocations, frequent starters and initials revise
/// that (sections 4.1 to 4.3 of the paper). Closing quotes and brackets belong to the sentence before them.
/// </remarks>
sealed partial class PunktSentences(PunktModel model)
{
    const string Space = @"[\s\x1c-\x1f]"; // Python's \s; .NET's lacks four control characters
    const string NonSpace = @"[^\s\x1c-\x1f]";
    const string NonWord = @"[)"";}\]*:@'({\[!?]";
    const string Several = @"(?:-{2,}|\.{2,}|(?:\." + Space + @"){2,}\.)";

    const int UpperInside = 4, Upper = 2 + 4 + 8, LowerAtStart = 16, Lower = 16 + 32 + 64;

    static readonly SearchValues<char> s_asciiSpace = SearchValues.Create(" \t\n\r\v\f");

    /// <summary>Returns the sentences in order, without the white space between them.</summary>
    public IReadOnlyList<string> Split(string text)
    {
        List<string> sentences = [];
        List<(int Start, int End)> slices = Slices(text);
        int realign = 0;
        for (int i = 0; i < slices.Count; i++)
        {
            (int start, int end) = (slices[i].Start + realign, slices[i].End);
            Match closing = i + 1 < slices.Count ? Closing().Match(Part(text, slices[i + 1])) : Match.Empty;
            if (closing.Success)
            {
                sentences.Add(text[start..(slices[i + 1].Start + PythonStrings.StripEnd(closing.Value).Length)]);
                realign = closing.Length;
                continue;
            }
            realign = 0;
            if (start < end)
            {
                sentences.Add(text[start..end]);
            }
        }
        return sentences;
    }

    static string Part(string text, (int Start, int End) slice) => slice.Start < slice.End ? text[slice.Start..slice.End] : "";

    List<(int Start, int End)> Slices(string text)
    {
        List<(int, int)> slices = [];
        int start = 0;
        foreach ((Match mark, string context) in Candidates(text))
        {
            if (ContainsSentenceEnd(context))
            {
                slices.Add((start, mark.Index + 1));
                start = mark.Groups["next"].Success ? mark.Groups["next"].Index : mark.Index + 1;
            }
        }
        slices.Add((start, PythonStrings.StripEnd(text).Length));
        return slices;
    }

    // Marks with the word before and what follows; of several marks after one word only the last.
    static IEnumerable<(Match Mark, string Context)> Candidates(string text)
    {
        (int Start, int End) word = (0, 0);
        Match? previous = null;
        foreach (Match mark in Mark().Matches(text))
        {
            int space = text.AsSpan(word.End..mark.Index).LastIndexOfAny(s_asciiSpace);
            (int Start, int End) next = (space > 0 ? word.End + space + 1 : word.Start, mark.Index);
            if (previous is not null && word.End <= next.Start)
            {
                yield return (previous, Context(text, word, previous));
            }
            (previous, word) = (mark, next);
        }
        if (previous is not null)
        {
            yield return (previous, Context(text, word, previous));
        }
    }

    static string Context(string text, (int Start, int End) word, Match mark) =>
        text[word.Start..word.End] + mark.Value + mark.Groups["after"].Value;

    bool ContainsSentenceEnd(string context)
    {
        List<PunktToken> tokens =
        [
            .. from line in context.Split('\n')
               where PythonStrings.Strip(line).Length > 0
               from Match word in Word().Matches(line)
               select new PunktToken(word.Value),
        ];
        tokens.ForEach(DecideByType);
        for (int i = 0; i + 1 < tokens.Count; i++)
        {
            DecideByContext(tokens[i], tokens[i + 1]);
            if (tokens[i].EndsSentence)
            {
                return true;
            }
        }
        return false;
    }

    void DecideByType(PunktToken token)
    {
        if (token.Text is "." or "?" or "!")
        {
            token.EndsSentence = true;
        }
        else if (token.EndsWithPeriod && !token.Text.EndsWith("..", StringComparison.Ordinal))
        {
            string word = PythonStrings.Lower(token.Text[..^1]);
            token.IsAbbreviation = model.IsAbbreviation(word) || model.IsAbbreviation(word[(word.LastIndexOf('-') + 1)..]);
            token.EndsSentence = !token.IsAbbreviation;
        }
    }

    void DecideByContext(PunktToken token, PunktToken next)
    {
        if (!token.EndsWithPeriod)
        {
            return;
        }
        string type = token.TypeWithoutPeriod;
        string nextType = next.TypeWithoutSentencePeriod;
        bool? startsSentence = StartsSentence(next);
        if (model.IsCollocation(type, nextType))
        {
            token.EndsSentence = false;
        }
        else if (
            (token.IsAbbreviation || token.IsEllipsis)
            && !token.IsInitial
            && (startsSentence == true || (next.StartsUpper && model.IsStarter(nextType))))
        {
            token.EndsSentence = true;
        }
        else if (token.IsInitial || type == PunktToken.NumberType)
        {
            bool name = startsSentence is null && token.IsInitial && next.StartsUpper && (model.Context(nextType) & Lower) == 0;
            token.EndsSentence &= !(startsSentence == false || name);
        }
    }

    // Null where how the word is written elsewhere does not tell.
    bool? StartsSentence(PunktToken token)
    {
        if (token.Text is [';' or ':' or ',' or '.' or '!' or '?'])
        {
            return false;
        }
        int context = model.Context(token.TypeWithoutSentencePeriod);
        if (token.StartsUpper && (context & Lower) != 0 && (context & UpperInside) == 0)
        {
            return true;
        }
        return token.StartsLower && ((context & Upper) != 0 || (context & LowerAtStart) == 0) ? false : null;
    }

    [GeneratedRegex(@"[.?!](?=(?<after>" + NonWord + "|" + Space + "+(?<next>" + NonSpace + "+)))")]
    private static partial Regex Mark();

    [GeneratedRegex(Several + @"|(?=[^(""`{\[:;&#*@)}\]\-,])" + NonSpace + "+?(?=" + Space + @"|\z|" + NonWord + "|" + Several
        + @"|,(?=\z|" + Space + "|" + NonWord + "|" + Several + "))|" + NonSpace)]
    private static partial Regex Word();

    [GeneratedRegex(@"\A[""')\]}]+?(?:" + Space + "+|(?=--)|$)", RegexOptions.Multiline)]
    private static partial Regex Closing();
}

/// <summary>Represents a token as Punkt sees it: its text, its type, and the decisions about its period.</summary>
sealed partial class PunktToken(string text)
{
    internal const string NumberType = "##number##";

    internal string Text { get; } = text;

    /// <summary>Gets the type: lower case; all numbers have one type.</summary>
    internal string Type { get; } = Number().Replace(PythonStrings.Lower(text), NumberType);

    internal bool EndsSentence { get; set; }

    internal bool IsAbbreviation { get; set; }

    internal bool EndsWithPeriod => Text.EndsWith('.');

    internal bool IsEllipsis => Text.Length > 1 && Text.All(c => c == '.');

    /// <summary>Gets whether the token is a letter and a period.</summary>
    internal bool IsInitial => EndsWithPeriod && PythonCharacters.At(Text, 0) is var first && first.Utf16SequenceLength == Text.Length - 1
        && PythonCharacters.IsWord(first) && !PythonCharacters.IsDecimal(first);

    internal bool StartsUpper => FirstCategory == UnicodeCategory.UppercaseLetter;

    internal bool StartsLower => FirstCategory == UnicodeCategory.LowercaseLetter;

    internal string TypeWithoutPeriod => Type.Length > 1 && Type[^1] == '.' ? Type[..^1] : Type;

    /// <summary>Gets the type without its period, if the period ends a sentence.</summary>
    internal string TypeWithoutSentencePeriod => EndsSentence ? TypeWithoutPeriod : Type;

    UnicodeCategory FirstCategory => Rune.GetUnicodeCategory(PythonCharacters.At(Text, 0));

    [GeneratedRegex(@"\A-?[.,]?\d[\d,.-]*\.?\z")]
    private static partial Regex Number();
}
