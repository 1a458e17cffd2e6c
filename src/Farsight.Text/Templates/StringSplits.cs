namespace Farsight.Text.Templates;

/// <summary>Implements Python's string splitting.</summary>
static class StringSplits
{
    internal static TemplateList Split(MarkedText text, TemplateCall call)
    {
        call.AtMost(2, "sep", "maxsplit");
        long most = call.Integer(1, "maxsplit", -1);
        return call.OptionalText(0, "sep") is { } separator ? At(text, separator.Value, most, call) : AtSpaces(text, most, call);
    }

    internal static TemplateList SplitFromEnd(MarkedText text, TemplateCall call)
    {
        call.AtMost(2, "sep", "maxsplit");
        long most = call.Integer(1, "maxsplit", -1);
        if (most < 0)
        {
            return Split(text, call);
        }
        string separator = call.Text(0, "sep").Value;
        List<object?> parts = [];
        int end = text.Length;
        for (
            long n = 0;
            n < most
                && separator.Length > 0
                && end > 0
                && text.Value.LastIndexOf(separator, end - 1, StringComparison.Ordinal) is var at and >= 0;
            n++)
        {
            parts.Insert(0, text.Slice(at + separator.Length, end - at - separator.Length));
            end = at;
        }
        parts.Insert(0, text.Slice(0, end));
        return call.Run.List(parts, call.Line);
    }

    internal static TemplateList Lines(MarkedText text, TemplateCall call)
    {
        bool keepsEnds = call.IsTrue(0, "keepends");
        List<object?> lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = start + text.Value.AsSpan(start).IndexOfAny('\n', '\r');
            end = end < start ? text.Length : end;
            int next =
                end == text.Length ? end : end + (text.Value[end] == '\r' && end + 1 < text.Length && text.Value[end + 1] == '\n' ? 2 : 1);
            lines.Add(text.Slice(start, (keepsEnds ? next : end) - start));
            start = next;
        }
        return call.Run.List(lines, call.Line);
    }

    internal static TemplateList Partition(MarkedText text, TemplateCall call, bool fromEnd)
    {
        MarkedText separator = call.Text(0, "sep");
        int at = fromEnd
            ? text.Value.LastIndexOf(separator.Value, StringComparison.Ordinal)
            : text.Value.IndexOf(separator.Value, StringComparison.Ordinal);
        int after = at + separator.Length;
        object?[] parts = at >= 0 ? [text.Slice(0, at), text.Slice(at, separator.Length), text.Slice(after, text.Length - after)]
            : fromEnd ? [MarkedText.Empty, MarkedText.Empty, text] : [text, MarkedText.Empty, MarkedText.Empty];
        return new(parts, isTuple: true);
    }

    static TemplateList At(MarkedText text, string separator, long most, TemplateCall call)
    {
        if (separator.Length == 0)
        {
            throw call.Error("cannot split at the empty string");
        }
        List<object?> parts = [];
        int start = 0;
        for (long n = 0; n != most && text.Value.IndexOf(separator, start, StringComparison.Ordinal) is var at and >= 0; n++)
        {
            parts.Add(text.Slice(start, at - start));
            start = at + separator.Length;
        }
        parts.Add(text.Slice(start, text.Length - start));
        return call.Run.List(parts, call.Line);
    }

    static TemplateList AtSpaces(MarkedText text, long most, TemplateCall call)
    {
        List<object?> parts = [];
        MarkedText rest = StringMethods.Strip(text, PythonText.IsSpace, end: false);
        for (long n = 0; n != most && rest.Length > 0; n++)
        {
            int end = 0;
            while (end < rest.Length && !PythonText.IsSpace(rest.Value[end]))
            {
                end++;
            }
            parts.Add(rest.Slice(0, end));
            call.Run.Spend(rest.Length, call.Line);
            rest = StringMethods.Strip(rest.Slice(end, rest.Length - end), PythonText.IsSpace, end: false);
        }
        if (rest.Length > 0)
        {
            parts.Add(StringMethods.Strip(rest, PythonText.IsSpace, start: false));
        }
        return call.Run.List(parts, call.Line);
    }
}
