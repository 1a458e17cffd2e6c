using System.Text.Json;
using Farsight.Alignment.Runs;
using Farsight.Evaluation.Report;

namespace Farsight.Workflows.Reports;

/// <summary>Holds metrics of many steps, one list of numbers per metric.</summary>
sealed class StepColumns
{
    // A chart has some 450 columns of pixels. A bucket is shown by its mean, minimum and maximum, so no extreme value is lost.
    internal const int MostPoints = 600, Buckets = 300;

    readonly List<int> _steps = [];
    readonly List<Column> _columns = [];

    /// <summary>Gets the number of rows.</summary>
    internal int Count => _steps.Count;

    /// <summary>Gets the step of the last row; −1 for none.</summary>
    internal int LastStep => _steps.Count > 0 ? _steps[^1] : -1;

    /// <summary>Begins a row.</summary>
    internal void Begin(int step) => _steps.Add(step);

    /// <summary>Reads a property of JSON into the current row: a number, or null for a number that is not finite.</summary>
    /// <param name="json">Reader at the property's name.</param>
    /// <param name="place">Where the metric probably is; lines have their metrics in the same order.</param>
    internal void Read(ref Utf8JsonReader json, ref int place)
    {
        Column column = Find(json, ref place);
        json.Read();
        if (json.TokenType is JsonTokenType.Number)
        {
            column.Set(_steps.Count - 1, json.GetDouble());
        }
        else
        {
            json.Skip();
        }
    }

    /// <summary>Returns the row of a number with all metrics that are not missing.</summary>
    internal MetricsLine Line(int row, bool heldOut)
    {
        OrderedDictionary<string, double> values = [];
        foreach (Column column in _columns.Where(c => !double.IsNaN(c.At(row))))
        {
            values[column.Name] = column.At(row);
        }
        return heldOut ? new(_steps[row], new Dictionary<string, double>(), values) : new(_steps[row], values, null);
    }

    /// <summary>Returns the finite values of a metric by step, and buckets of them if there are many.</summary>
    internal ChartPoint[] Points(string key, string? low, string? high)
    {
        Column? of = Named(key), lower = Named(low), upper = Named(high);
        if (of is null)
        {
            return [];
        }
        int[] rows = [.. Enumerable.Range(0, _steps.Count).Where(r => double.IsFinite(of.At(r)))];
        return rows.Length <= MostPoints
            ? [.. rows.Select(r => new ChartPoint(_steps[r], of.At(r), Finite(lower, r), Finite(upper, r)))]
            : [.. Bucketed(rows.Length, (from, to) => Bucket(rows.AsSpan(from, to - from), of, lower, upper))];
    }

    /// <summary>Returns the means of the finite values of rows, with their <see cref="MeanInterval"/>.</summary>
    internal Dictionary<string, double> Means(int from, int to)
    {
        Dictionary<string, double> means = [];
        foreach (Column column in _columns)
        {
            double[] values = [.. Enumerable.Range(from, to - from).Select(column.At).Where(double.IsFinite)];
            if (values.Length > 0)
            {
                MeanInterval.Add(means, column.Name, values);
            }
        }
        return means;
    }

    /// <summary>Divides numbers into buckets if there are many; one point per number else.</summary>
    internal static ChartPoint[] Thinned(IReadOnlyList<ChartPoint> points) => points.Count <= MostPoints
        ? [.. points]
        : [.. Bucketed(points.Count, (from, to) =>
        {
            (double x, double y, double low, double high) = (0, 0, double.PositiveInfinity, double.NegativeInfinity);
            for (int i = from; i < to; i++)
            {
                (x, y) = (x + points[i].X, y + points[i].Y);
                (low, high) = (Math.Min(low, points[i].Y), Math.Max(high, points[i].Y));
            }
            return new(x / (to - from), y / (to - from), low, high);
        })];

    static IEnumerable<ChartPoint> Bucketed(int count, Func<int, int, ChartPoint> point) =>
        Enumerable.Range(0, Buckets).Select(b => point((int)((long)b * count / Buckets), (int)((b + 1L) * count / Buckets)));

    ChartPoint Bucket(ReadOnlySpan<int> rows, Column of, Column? lower, Column? upper)
    {
        (double x, double y, double least, double most) = (0, 0, double.PositiveInfinity, double.NegativeInfinity);
        (double low, double high, int intervals) = (0, 0, 0);
        foreach (int row in rows)
        {
            double value = of.At(row);
            (x, y) = (x + _steps[row], y + value);
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
            if (Finite(lower, row) is { } a && Finite(upper, row) is { } b)
            {
                (low, high, intervals) = (low + a, high + b, intervals + 1);
            }
        }
        return lower is null
            ? new(x / rows.Length, y / rows.Length, least, most)
            : new(x / rows.Length, y / rows.Length, intervals > 0 ? low / intervals : null, intervals > 0 ? high / intervals : null);
    }

    static double? Finite(Column? column, int row) => column?.At(row) is { } value && double.IsFinite(value) ? value : null;

    Column? Named(string? name) => name is null ? null : _columns.Find(c => c.Name == name);

    Column Find(Utf8JsonReader json, ref int place)
    {
        for (int tried = 0; tried < _columns.Count; tried++)
        {
            int at = (place + tried) % _columns.Count;
            if (json.ValueTextEquals(_columns[at].Name))
            {
                place = at + 1;
                return _columns[at];
            }
        }
        Column added = new(json.GetString()!);
        _columns.Add(added);
        place = 0;
        return added;
    }

    /// <summary>Represents a metric; a row without a value has NaN.</summary>
    sealed class Column(string name)
    {
        readonly List<double> _values = [];

        internal string Name => name;

        internal double At(int row) => row < _values.Count ? _values[row] : double.NaN;

        internal void Set(int row, double value)
        {
            while (_values.Count < row)
            {
                _values.Add(double.NaN);
            }
            if (_values.Count == row)
            {
                _values.Add(value);
            }
            else
            {
                _values[row] = value; // a name that a line has twice
            }
        }
    }
}
