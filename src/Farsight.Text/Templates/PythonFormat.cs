using System.Globalization;

namespace Farsight.Text.Templates;

/// <summary>Implements text % values with the conversions s, r, d, i, f, x and %%.</summary>
static class PythonFormat
{
    internal static MarkedText Percent(MarkedText format, object? values, TemplateRun run, int line)
    {
        TemplateList items = values is TemplateList { IsTuple: true } tuple ? tuple : new([values]);
        List<MarkedText> parts = [];
        int next = 0, start = 0;
        string text = format.Value;
        for (int at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', start))
        {
            run.Spend(0, line);
            parts.Add(format.Slice(start, at - start));
            int end = at + 1;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or '-' or '0' or '+' or ' '))
            {
                end++;
            }
            char conversion = end < text.Length ? text[end] : throw run.Error(line, "a format ends within '%'");
            if (conversion == '%')
            {
                parts.Add(MarkedText.Own("%"));
            }
            else
            {
                object? value = next < items.Count ? items[next++] : throw run.Error(line, "a format has more '%' than values");
                parts.Add(
                    PythonMarks.Of(value, Pad(Convert(conversion, text[(at + 1)..end], value, run, line), text[(at + 1)..end], run, line)));
            }
            start = end + 1;
        }
        parts.Add(format.Slice(start, text.Length - start));
        return next == items.Count || values is TemplateDict
            ? run.Join([.. parts], line)
            : throw run.Error(line, "a format has fewer '%' than values");
    }

    static string Convert(char conversion, string flags, object? value, TemplateRun run, int line)
    {
        bool isNumber = PythonMath.TryNumber(value, out double number);
        int dot = flags.IndexOf('.', StringComparison.Ordinal);
        int precision =
            dot >= 0 && int.TryParse(flags.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int digits)
                ? Math.Min(digits, 100)
                : -1;
        return conversion switch
        {
            's' => Cut(PythonText.Text(value, run, line).Value, precision),
            'r' => Cut(PythonText.Repr(value, run, line), precision),
            'd' or 'i' when isNumber => Math.Truncate(number).ToString("F0", CultureInfo.InvariantCulture),
            'f' when isNumber => number.ToString($"F{(precision < 0 ? 6 : precision)}", CultureInfo.InvariantCulture),
            'x' when PythonTypes.TryInteger(value, out long n) && n >= 0 => n.ToString("x", CultureInfo.InvariantCulture),
            _ => throw run.Error(line, $"the format '%{flags}{conversion}' does not work with {PythonMath.Describe(value)}"),
        };
    }

    static string Cut(string text, int precision) => precision >= 0 && precision < text.Length ? text[..precision] : text;

    static string Pad(string text, string flags, TemplateRun run, int line)
    {
        string width = flags.Split('.')[0].TrimStart('-', '+', ' ', '0');
        if (width.Length == 0)
        {
            return text;
        }
        int wanted = int.TryParse(width, NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns <= 1000
            ? columns : throw run.Error(line, $"the format '%{flags}' is not supported");
        return flags.StartsWith('-') ? text.PadRight(wanted) : flags.StartsWith('0') ? text.PadLeft(wanted, '0') : text.PadLeft(wanted);
    }
}
