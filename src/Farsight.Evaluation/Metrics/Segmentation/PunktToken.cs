using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Metrics.Segmentation;

/// <summary>A token as Punkt sees it: its text, its type, and what has been decided about its period.</summary>
sealed partial class PunktToken(string text)
{
    internal const string NumberType = "##number##";

    internal string Text { get; } = text;

    /// <summary>Lower case; numbers are all one type.</summary>
    internal string Type { get; } = Number().Replace(PythonStrings.Lower(text), NumberType);

    internal bool EndsSentence { get; set; }

    internal bool IsAbbreviation { get; set; }

    internal bool EndsWithPeriod => Text.EndsWith('.');

    internal bool IsEllipsis => Text.Length > 1 && Text.All(c => c == '.');

    /// <summary>A letter and a period.</summary>
    internal bool IsInitial => EndsWithPeriod && PythonCharacters.At(Text, 0) is var first && first.Utf16SequenceLength == Text.Length - 1
        && PythonCharacters.IsWord(first) && !PythonCharacters.IsDecimal(first);

    internal bool StartsUpper => FirstCategory == UnicodeCategory.UppercaseLetter;

    internal bool StartsLower => FirstCategory == UnicodeCategory.LowercaseLetter;

    internal string TypeWithoutPeriod => Type.Length > 1 && Type[^1] == '.' ? Type[..^1] : Type;

    /// <summary>The type without its period, if that ends a sentence.</summary>
    internal string TypeWithoutSentencePeriod => EndsSentence ? TypeWithoutPeriod : Type;

    UnicodeCategory FirstCategory => Rune.GetUnicodeCategory(PythonCharacters.At(Text, 0));

    [GeneratedRegex(@"\A-?[.,]?\d[\d,.-]*\.?\z")]
    private static partial Regex Number();
}
