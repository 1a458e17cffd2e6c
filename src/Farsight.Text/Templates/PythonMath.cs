using System.Globalization;

namespace Farsight.Text.Templates;

/// <summary>Implements Python's operators on a template's values.</summary>
static class PythonMath
{
    internal static bool TryNumber(object? value, out double number)
    {
        number = value switch { long n => n, double d => d, bool b => b ? 1 : 0, _ => 0 };
        return value is long or double or bool;
    }

    /// <summary>Returns whether two values are equal, as Python's == does.</summary>
    /// <remarks>
    /// Values can share parts: lists that contain another list twice, nested sixty levels deep, have 2⁶⁰ items to visit. Each visited
    /// pair therefore counts as work, and a container equals itself without a visit.
    /// </remarks>
    internal static bool AreEqual(object? a, object? b, TemplateRun run, int line)
    {
        run.Step(line);
        switch (a, b)
        {
            case (TemplateList x, TemplateList y):
                bool isEqual = ReferenceEquals(x, y) || (x.IsTuple == y.IsTuple && x.Count == y.Count);
                for (int i = 0; isEqual && !ReferenceEquals(x, y) && i < x.Count; i++)
                {
                    isEqual = AreEqual(x[i], y[i], run, line);
                }
                return isEqual;
            case (TemplateDict x, TemplateDict y):
                return ReferenceEquals(x, y)
                    || (x.Count == y.Count
                        && x.All(p => y.TryGetValue(p.Key, out object? other) && AreEqual(p.Value, other, run, line)));
            case (MarkedText x, MarkedText y):
                run.Spend(Math.Min(x.Length, y.Length), line);
                return AreEqualScalars(x, y);
            default:
                return AreEqualScalars(a, b);
        }
    }

    /// <summary>Returns whether two values other than lists and dicts are equal.</summary>
    internal static bool AreEqualScalars(object? a, object? b) =>
        (a, b) switch
        {
            (null, null) or (TemplateUndefined, TemplateUndefined) => true,
            (MarkedText x, MarkedText y) => x.Value == y.Value,
            (long x, long y) => x == y,
            _ => TryNumber(a, out double m) && TryNumber(b, out double n) ? m == n : ReferenceEquals(a, b),
        };

    /// <summary>Compares two values: negative, zero or positive. Only numbers, strings and lists have an order.</summary>
    internal static int Compare(object? a, object? b, TemplateRun run, int line)
    {
        run.Step(line);
        switch (a, b)
        {
            case (MarkedText x, MarkedText y):
                run.Spend(Math.Min(x.Length, y.Length), line);
                return CodePoints.Compare(x.Value, y.Value);
            case (long x, long y):
                return x.CompareTo(y);
            case (TemplateList x, TemplateList y):
                for (int i = 0; i < Math.Min(x.Count, y.Count); i++)
                {
                    if (!AreEqual(x[i], y[i], run, line))
                    {
                        return Compare(x[i], y[i], run, line);
                    }
                }
                return x.Count.CompareTo(y.Count);
            default:
                return TryNumber(a, out double m) && TryNumber(b, out double n)
                    ? m.CompareTo(n)
                    : throw run.Error(line, $"{Describe(a)} and {Describe(b)} cannot be compared");
        }
    }

    /// <summary>a in b.</summary>
    internal static bool Contains(object? a, object? b, TemplateRun run, int line)
    {
        switch (b)
        {
            case MarkedText text when a is MarkedText part:
                run.SpendSearch(text.Length, part.Length, line);
                return text.Value.Contains(part.Value, StringComparison.Ordinal);
            case TemplateDict dict:
                run.Spend((a as MarkedText)?.Length ?? 0, line); // of the hash
                return a is MarkedText or long or double or bool && dict.ContainsKey(a);
            case TemplateList list:
                run.Spend(list.Count, line);
                return list.Exists(item => AreEqual(item, a, run, line));
            case TemplateUndefined:
                return false;
            default:
                throw run.Error(line, $"{Describe(a)} cannot be searched for in {Describe(b)}");
        }
    }

    internal static object? Apply(string op, object? a, object? b, TemplateRun run, int line)
    {
        try
        {
            return (op, a, b) switch
            {
                ("+", MarkedText x, MarkedText y) => run.Join([x, y], line),
                ("+", TemplateList x, TemplateList y) when x.IsTuple == y.IsTuple => run.List(x.Concat(y), line, x.IsTuple),
                ("*", MarkedText x, _) when PythonTypes.TryInteger(b, out long times) => Repeat(x, times, run, line),
                ("*", _, MarkedText y) when PythonTypes.TryInteger(a, out long times) => Repeat(y, times, run, line),
                ("%", MarkedText x, _) => PythonFormat.Percent(x, b, run, line),
                _ when PythonTypes.TryInteger(a, out long m)
                        && PythonTypes.TryInteger(b, out long n)
                        && op != "/"
                        && (op != "**" || n >= 0) => (object)Integers(op, m, n, run, line),
                _ when TryNumber(a, out double x) && TryNumber(b, out double y) => Floats(op, x, y, run, line),
                _ => throw run.Error(line, $"'{op}' does not work between {Describe(a)} and {Describe(b)}"),
            };
        }
        catch (OverflowException)
        {
            throw run.Error(line, $"the result of '{op}' is too large for an integer of 64 bits");
        }
    }

    /// <summary>Describes a value for a message; an undefined one names what is missing.</summary>
    internal static string Describe(object? value) =>
        value is TemplateUndefined undefined ? $"an undefined value ({undefined.Missing})" : PythonTypes.Name(value);

    static long Integers(string op, long a, long b, TemplateRun run, int line)
    {
        if (op is "//" or "%" && b == 0)
        {
            throw run.Error(line, "division by zero");
        }
        return checked(op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "//" => (a / b) - (b != -1 && a % b != 0 && (a < 0) != (b < 0) ? 1 : 0),
            "%" => b == -1 ? 0 : a - (b * (long)Math.Floor((decimal)a / b)),
            _ => Power(a, b),
        });
    }

    static long Power(long a, long b)
    {
        if (a is 0 or 1 or -1)
        {
            return b == 0 || (a == -1 && b % 2 == 0) ? 1 : a;
        }
        long result = 1;
        for (long i = 0; i < b; i++)
        {
            result = checked(result * a); // overflows within 64 turns
        }
        return result;
    }

    static double Floats(string op, double a, double b, TemplateRun run, int line)
    {
        if (op is "/" or "//" or "%" && b == 0)
        {
            throw run.Error(line, "division by zero");
        }
        return op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            "%" => a - (b * Math.Floor(a / b)),
            _ => Math.Pow(a, b),
        };
    }

    /// <summary>round(value, decimals) of an integer, which stays one.</summary>
    internal static long Round(long value, int decimals)
    {
        if (decimals is >= 0 or < -18)
        {
            return decimals >= 0 ? value : 0;
        }
        Int128 unit = (Int128)Math.Pow(10, -decimals), rest = ((value % unit) + unit) % unit, floor = value - rest;
        bool goesUp = 2 * rest > unit || (2 * rest == unit && floor / unit % 2 != 0);
        return checked((long)(floor + (goesUp ? unit : 0)));
    }

    /// <summary>round(value, decimals); a value exactly between two goes to the even one.</summary>
    internal static double Round(double value, int decimals)
    {
        if (!double.IsFinite(value))
        {
            return value;
        }
        double unit = Math.Pow(10, -decimals);
        return decimals < 0
            ? Math.Round(value / unit, MidpointRounding.ToEven) * unit
            : Math.CopySign(double.Parse(PythonText.Fixed(value, decimals), CultureInfo.InvariantCulture), value);
    }

    static MarkedText Repeat(MarkedText text, long times, TemplateRun run, int line)
    {
        double length = (double)Math.Max(times, 0) * text.Length;
        run.CheckLength(length, (long)Math.Min(length, TemplateRun.MostCharacters), line);
        MarkedText.Builder all = new();
        for (long i = 0; i < times && text.Length > 0; i++)
        {
            all.Append(text);
        }
        return all.Build();
    }
}
