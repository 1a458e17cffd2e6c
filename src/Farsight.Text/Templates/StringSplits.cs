using System.Buffers;

namespace Farsight.Text.Templates;

/// <summary>Implements Python's string splitting.</summary>
static class StringSplits
{
    static readonly SearchValues<char> s_lineEnds = SearchValues.Create("\n\r\v\f\x1C\x1D\x1E\x85\u2028\u2029");

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
            call.Run.CheckItems(parts.Count, call.Line);
            parts.Add(text.Slice(at + separator.Length, end - at - separator.Length));
            end = at;
        }
        parts.Add(text.Slice(0, end));
        parts.Reverse();
        return call.Run.List(parts, call.Line);
    }

    internal static TemplateList Lines(MarkedText text, TemplateCall call)
    {
        bool keepsEnds = call.IsTrue(0, "keepends");
        List<object?> lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = start + text.Value.AsSpan(start).IndexOfAny(s_lineEnds);
            end = end < start ? text.Length : end;
            int next =
                end == text.Length ? end : end + (text.Value[end] == '\r' && end + 1 < text.Length && text.Value[end + 1] == '\n' ? 2 : 1);
            call.Run.CheckItems(lines.Count, call.Line);
            lines.Add(text.Slice(start, (keepsEnds ? next : end) - start));
            start = next;
        }
        return call.Run.List(lines, call.Line);
    }

    internal static TemplateList Partition(MarkedText text, TemplateCall call, bool fromEnd)
    {
        MarkedText separator = call.Text(0, "sep") is { Length: > 0 } given
            ? given
            : throw call.Error("cannot split at the empty string");
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
            call.Run.CheckItems(parts.Count, call.Line);
            parts.Add(text.Slice(start, at - start));
            start = at + separator.Length;
        }
        parts.Add(text.Slice(start, text.Length - start));
        return call.Run.List(parts, call.Line);
    }

    static TemplateList AtSpaces(MarkedText text, long most, TemplateCall call)
    {
        call.Run.Spend(text.Length, call.Line);
        List<object?> parts = [];
        int start = AfterSpaces(text.Value, 0);
        for (long n = 0; n != most && start < text.Length; n++)
        {
            int end = start;
            while (end < text.Length && !PythonText.IsSpace(text.Value[end]))
            {
                end++;
            }
            call.Run.CheckItems(parts.Count, call.Line);
            parts.Add(text.Slice(start, end - start));
            start = AfterSpaces(text.Value, end);
        }
        if (start < text.Length)
        {
            parts.Add(text.Slice(start, text.Length - start)); // the rest keeps the space at its end
        }
        return call.Run.List(parts, call.Line);
    }

    static int AfterSpaces(string text, int from)
    {
        while (from < text.Length && PythonText.IsSpace(text[from]))
        {
            from++;
        }
        return from;
    }
}
