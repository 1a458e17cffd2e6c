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
