using System.Text;

namespace Farsight.Text.Tokenizers;

/// <summary>Represents a normalization of text before it is split into pieces.</summary>
abstract class TextStep
{
    /// <summary>Returns the changed text, or the same span if nothing changes.</summary>
    /// <param name="text">A part of what is encoded, between two added tokens.</param>
    /// <param name="first">The part begins where the whole begins.</param>
    internal abstract ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool first);

    /// <summary>All steps, one after the other.</summary>
    internal static ReadOnlySpan<char> ApplyAll(IReadOnlyList<TextStep> steps, ReadOnlySpan<char> text, bool first)
    {
        foreach (TextStep step in steps)
        {
            text = step.Apply(text, first);
        }
        return text;
    }
}

/// <summary>Applies Unicode's composed form ("NFC").</summary>
sealed class ComposeStep : TextStep
{
    internal override ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool first) => UnicodeComposition.Compose(text);
}

/// <summary>Adds text before every non-empty part ("Prepend").</summary>
sealed class PrependStep(string prefix) : TextStep
{
    internal string Prefix => prefix;

    internal override ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool first) => text.IsEmpty ? text : string.Concat(prefix, text);
}

/// <summary>Replaces one text by another ("Replace").</summary>
sealed class ReplaceStep(string old, string replacement) : TextStep
{
    internal string Old => old;

    internal string Replacement => replacement;

    internal override ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool first)
    {
        if (old.Length == 1 && replacement.Length == 1)
        {
            char[] copy = new char[text.Length];
            text.Replace(copy, old[0], replacement[0]);
            return copy;
        }
        return text.Contains(old, StringComparison.Ordinal) ? text.ToString().Replace(old, replacement, StringComparison.Ordinal) : text;
    }
}

/// <summary>Adds a character before every part that does not begin with it, or before the first part only.</summary>
sealed class PrefixStep(char sign, bool firstOnly) : TextStep
{
    internal override ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool first) =>
        text.IsEmpty || text[0] == sign || (firstOnly && !first) ? text : string.Concat(new ReadOnlySpan<char>(in sign), text);
}

/// <summary>Replaces every run of two or more spaces by a text ("Replace" of the pattern " {2,}").</summary>
sealed class CollapseStep(string replacement) : TextStep
{
    /// <summary>The pattern, the only one that is supported.</summary>
    internal const string Pattern = " {2,}";

    internal override ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool first)
    {
        if (!text.Contains("  ", StringComparison.Ordinal))
        {
            return text;
        }
        StringBuilder collapsed = new(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int spaces = text[at..].IndexOfAnyExcept(' ') is >= 0 and var count ? count : text.Length - at;
            int end = spaces > 0 ? at + spaces : text[at..].IndexOf(' ') is >= 0 and var letters ? at + letters : text.Length;
            _ = spaces > 1 ? collapsed.Append(replacement) : collapsed.Append(text[at..end]);
            at = end;
        }
        return collapsed.ToString();
    }
}

/// <summary>Removes white space at the ends of every part ("Strip").</summary>
sealed class StripStep(bool left, bool right) : TextStep
{
    internal override ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool first)
    {
        text = left ? text.TrimStart() : text;
        return right ? text.TrimEnd() : text;
    }
}
