using System.Globalization;

namespace Farsight.Text.Templates;

/// <summary>"{} {0} {name}".format(…), without format specifications.</summary>
static class StringFormat
{
    internal static MarkedText Format(MarkedText text, TemplateCall call)
    {
        List<MarkedText> parts = [];
        int next = 0, start = 0;
        string format = text.Value;
        for (int at = format.AsSpan().IndexOfAny('{', '}'); at >= 0 && at < format.Length; at = IndexOfBrace(format, start))
        {
            call.Run.Spend(0, call.Line);
            parts.Add(text.Slice(start, at - start));
            if (at + 1 < format.Length && format[at + 1] == format[at])
            {
                parts.Add(text.Slice(at, 1));
                start = at + 2;
                continue;
            }
            int end = format[at] == '{' ? format.IndexOf('}', at) : -1;
            if (end < 0)
            {
                throw call.Error("has a single brace in its format");
            }
            parts.Add(PythonText.Text(Argument(format[(at + 1)..end], call, ref next), call.Run, call.Line));
            start = end + 1;
        }
        parts.Add(text.Slice(start, format.Length - start));
        return call.Run.Join([.. parts], call.Line);
    }

    static int IndexOfBrace(string format, int from)
    {
        int at = format.AsSpan(from).IndexOfAny('{', '}');
        return at < 0 ? -1 : at + from;
    }

    static object? Argument(string field, TemplateCall call, ref int next)
    {
        bool isNumber = int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        int place = field.Length == 0 ? next++ : isNumber ? number : -1;
        return place >= 0 && place < call.Arguments.Count ? call.Arguments[place]
            : call.Named.TryGetValue(field, out object? value) ? value
            : throw call.Error($"has no value for the field '{{{field}}}' (fields are empty, a number or a name)");
    }
}
