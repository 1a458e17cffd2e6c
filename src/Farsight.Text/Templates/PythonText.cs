using System.Globalization;
using System.Text;

namespace Farsight.Text.Templates;

/// <summary>Implements Python's strings: white space, and the printed form of values.</summary>
static class PythonText
{
    internal static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    internal static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
        {
            end--;
        }
        return text[..end];
    }

    /// <summary>str(value).</summary>
    internal static MarkedText Text(object? value, TemplateRun run, int line) => value switch
    {
        MarkedText text => text,
        TemplateUndefined undefined => run.Nothing(undefined, line),
        _ => PythonMarks.Of(value, Repr(value, run, line)),
    };

    /// <summary>repr(value).</summary>
    internal static string Repr(object? value, TemplateRun run, int line)
    {
        StringBuilder text = new();
        Write(text, value, run, line, depth: 0);
        return text.ToString();
    }

    /// <summary>Formats the shortest digits that parse to the same number, with an exponent as Python writes it.</summary>
    internal static string Float(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        string[] parts = value.ToString("R", CultureInfo.InvariantCulture).TrimStart('-').Split('E');
        string[] around = parts[0].Split('.');
        string all = around[0] + (around.Length > 1 ? around[1] : "");
        string digits = all.TrimStart('0');
        int point =
            around[0].Length - (all.Length - digits.Length) + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        return (double.IsNegative(value) ? "-" : "") + (digits.Length == 0 ? "0.0" : Placed(digits.TrimEnd('0'), point));
    }

    /// <summary>Formats the magnitude of a finite number with a number of decimals; an exact half goes to the even digit.</summary>
    internal static string Fixed(double value, int decimals)
    {
        const int Beyond = 60; // enough to tell a half from its neighbors
        double magnitude = Math.Abs(value);
        string exact = magnitude.ToString($"F{decimals + 1 + Beyond}", CultureInfo.InvariantCulture);
        string kept = exact[..^(1 + Beyond)].TrimEnd('.');
        bool isHalf = exact[^(1 + Beyond)] == '5' && exact.AsSpan()[^Beyond..].Trim('0').IsEmpty;
        return isHalf && (kept[^1] - '0') % 2 == 0
            ? kept
            : magnitude.ToString($"F{decimals}", CultureInfo.InvariantCulture);
    }

    /// <summary>Inserts the decimal point after a number of digits.</summary>
    static string Placed(string digits, int point) =>
        point switch
        {
            <= -4 or > 16 => string.Create(
                CultureInfo.InvariantCulture,
                $"{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}e{(point > 0 ? '+' : '-')}{Math.Abs(point - 1):00}"),
            <= 0 => $"0.{new string('0', -point)}{digits}",
            _ when digits.Length <= point => $"{digits.PadRight(point, '0')}.0",
            _ => $"{digits[..point]}.{digits[point..]}",
        };

    static void Write(StringBuilder text, object? value, TemplateRun run, int line, int depth)
    {
        run.Spend(1, line);
        run.CheckDepth(depth, line);
        switch (value)
        {
            case null:
                text.Append("None");
                break;
            case bool b:
                text.Append(b ? "True" : "False");
                break;
            case long n:
                text.Append(CultureInfo.InvariantCulture, $"{n}");
                break;
            case double d:
                text.Append(Float(d));
                break;
            case MarkedText s:
                WriteQuoted(text, s.Value);
                run.Spend(s.Length, line);
                break;
            case TemplateUndefined:
                text.Append("Undefined");
                break;
            case TemplateList list:
                WriteAll(text, list.IsTuple ? "(" : "[", list, list.IsTuple ? list.Count == 1 ? ",)" : ")" : "]", run, line, depth);
                break;
            case TemplateDict dict:
                WriteAll(text, "{", dict, "}", run, line, depth);
                break;
            default:
                throw run.Error(line, $"{PythonTypes.Name(value)} cannot be printed");
        }
    }

    static void WriteAll(StringBuilder text, string open, TemplateList items, string close, TemplateRun run, int line, int depth)
    {
        text.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Write(text, items[i], run, line, depth + 1);
        }
        text.Append(close);
    }

    static void WriteAll(StringBuilder text, string open, TemplateDict items, string close, TemplateRun run, int line, int depth)
    {
        text.Append(open);
        string comma = "";
        foreach ((object key, object? value) in items)
        {
            text.Append(comma);
            Write(text, key, run, line, depth + 1);
            text.Append(": ");
            Write(text, value, run, line, depth + 1);
            comma = ", ";
        }
        text.Append(close);
    }

    static void WriteQuoted(StringBuilder text, string value)
    {
        char quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        foreach (Rune c in value.EnumerateRunes())
        {
            text.Append(c.Value switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when c.Value == quote => $"\\{quote}",
                ' ' => " ",
                _ when IsPrintable(c) => c.ToString(),
                < 0x100 => string.Create(CultureInfo.InvariantCulture, $"\\x{c.Value:x2}"),
                < 0x10000 => string.Create(CultureInfo.InvariantCulture, $"\\u{c.Value:x4}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"\\U{c.Value:x8}"),
            });
        }
        text.Append(quote);
    }

    static bool IsPrintable(Rune c) => Rune.GetUnicodeCategory(c)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.SpaceSeparator);
}
