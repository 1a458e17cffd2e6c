namespace Farsight.Evaluation.Report;

/// <summary>Maps values to a range of a drawing, and chooses the ticks.</summary>
sealed class Axis
{
    readonly double _from, _to, _low, _high;
    readonly bool _log;

    /// <param name="values">The values that the axis must include; at least one is finite.</param>
    /// <param name="log">Whether equal ratios have equal distances.</param>
    /// <param name="from">Where the lowest value is drawn.</param>
    /// <param name="to">Where the highest value is drawn.</param>
    /// <param name="round">Whether the ends are moved out to ticks.</param>
    internal Axis(IEnumerable<double> values, bool log, double from, double to, bool round)
    {
        double[] all = [.. values.Where(v => double.IsFinite(v) && (!log || v > 0))];
        double low = all.Length > 0 ? all.Min() : log ? 1 : 0, high = all.Length > 0 ? all.Max() : 1;
        if (low == high)
        {
            double half = low == 0 ? 0.5 : Math.Abs(low) / 2;
            (low, high) = log ? (low / 1.5, high * 1.5) : (low - half, high + half);
        }
        if (round)
        {
            (low, high) = log ? (low / Math.Pow(high / low, 0.06), high * Math.Pow(high / low, 0.06)) : Rounded(low, high);
        }
        (_low, _high, _from, _to, _log) = (low, high, from, to, log);
    }

    internal double At(double value) =>
        _from + (_to - _from) * (_log ? Math.Log(value / _low) / Math.Log(_high / _low) : (value - _low) / (_high - _low));

    /// <summary>Returns about five round values between the ends.</summary>
    internal double[] Ticks() => _log ? LogTicks() : LinearTicks();

    double[] LinearTicks()
    {
        double step = Step(_low, _high);
        int first = (int)Math.Ceiling(_low / step - 1e-9), last = (int)Math.Floor(_high / step + 1e-9);
        return [.. Enumerable.Range(first, last - first + 1).Select(i => Exact(i * step, step))];
    }

    double[] LogTicks()
    {
        // The coarsest of these series of a decade that gives at least four ticks.
        foreach (
            double[] marks in (double[][])
                [
                    [1],
                    [1, 3],
                    [1, 2, 5],
                    [1, 1.5, 2, 3, 5, 7],
                    [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9],
                ])
        {
            double[] ticks =
            [
                .. from power in Enumerable.Range((int)Math.Floor(Math.Log10(_low)), (int)Math.Ceiling(Math.Log10(_high / _low)) + 2)
                   from mark in marks
                   let tick = Exact(mark * Math.Pow(10, power), Math.Pow(10, power))
                   where tick >= _low && tick <= _high
                   select tick,
            ];
            if (ticks.Length >= 4)
            {
                return ticks;
            }
        }
        return LinearTicks();
    }

    /// <summary>Removes the rounding error of a multiple of a step, which may be far below 1.</summary>
    static double Exact(double value, double step) => Math.Round(value, Math.Clamp(2 - (int)Math.Floor(Math.Log10(step)), 0, 15));

    static (double Low, double High) Rounded(double low, double high)
    {
        double step = Step(low, high);
        return (Math.Floor(low / step + 1e-9) * step, Math.Ceiling(high / step - 1e-9) * step);
    }

    static double Step(double low, double high)
    {
        double raw = (high - low) / 5, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double mark = raw / power;
        return power * (mark <= 1 ? 1 : mark <= 2 ? 2 : mark <= 5 ? 5 : 10);
    }
}
