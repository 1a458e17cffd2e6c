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
                parts.Add(PythonMarks.Of(value, Convert(conversion, text[(at + 1)..end], value, run, line)));
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
        string options = flags[..^flags.TrimStart('-', '+', ' ', '0').Length];
        string[] numbers = flags[options.Length..].Split('.', 2);
        int width = Number(numbers[0], 1000), precision = numbers.Length == 2 ? Number(numbers[1], 100) : -1;
        int zeros = Math.Max(precision, 0);
        bool isNumber = PythonMath.TryNumber(value, out double number), isInteger = PythonTypes.TryInteger(value, out long whole);
        string body = conversion switch
        {
            's' => Cut(PythonText.Text(value, run, line).Value, precision),
            'r' => Cut(PythonText.Repr(value, run, line), precision),
            'd' or 'i' when isInteger => Magnitude(whole).ToString(CultureInfo.InvariantCulture).PadLeft(zeros, '0'),
            'd' or 'i' when isNumber && double.IsFinite(number) =>
                Math.Truncate(Math.Abs(number)).ToString("F0", CultureInfo.InvariantCulture).PadLeft(zeros, '0'),
            'f' when isNumber => double.IsFinite(number)
                ? PythonText.Fixed(number, precision < 0 ? 6 : precision)
                : PythonText.Float(number).TrimStart('-'),
            'x' when isInteger => Magnitude(whole).ToString("x", CultureInfo.InvariantCulture).PadLeft(zeros, '0'),
            _ => throw run.Error(line, $"the format '%{flags}{conversion}' does not work with {PythonMath.Describe(value)}"),
        };
        bool isText = conversion is 's' or 'r', atEnd = options.Contains('-', StringComparison.Ordinal);
        string sign = isText ? "" : IsNegative(conversion, number) ? "-"
            : options.Contains('+', StringComparison.Ordinal) ? "+"
            : options.Contains(' ', StringComparison.Ordinal) ? " " : "";
        bool withZeros = !isText && !atEnd && options.Contains('0', StringComparison.Ordinal);
        return CodePoints.Pad(sign + (withZeros ? body.PadLeft(Math.Max(0, width - sign.Length), '0') : body), width, " ", atEnd);

        int Number(string digits, int most) => digits.Length == 0 ? 0
            : int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int read) && read <= most ? read
            : throw run.Error(line, $"the format '%{flags}' is not supported");
    }

    static bool IsNegative(char conversion, double number) => conversion == 'f' ? double.IsNegative(number) : number <= -1;

    static ulong Magnitude(long value) => (ulong)Int128.Abs(value);

    static string Cut(string text, int precision) => precision < 0 ? text : CodePoints.Take(text, precision);
}
