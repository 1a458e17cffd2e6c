namespace Farsight.Text.Templates;

/// <summary>
/// Implements x[start:stop:step] with Python's rules for missing, negative and excessive bounds. Strings count in code points.
/// </summary>
static class PythonSlice
{
    internal static object? Of(object? value, long? start, long? stop, long? step, TemplateRun run, int line)
    {
        if (step == 0)
        {
            throw run.Error(line, "the step of a slice cannot be zero");
        }
        switch (value)
        {
            case TemplateList list:
                return run.List(Places(list.Count, start, stop, step ?? 1).Select(i => list[i]), line, list.IsTuple);
            case MarkedText text:
                run.Spend(text.Length, line);
                return OfText(text, start, stop, step ?? 1, run, line);
            case TemplateUndefined undefined:
                throw run.Error(line, undefined.Missing);
            default:
                throw run.Error(line, $"{PythonTypes.Name(value)} cannot be sliced");
        }
    }

    /// <summary>Returns the code point at an index, from the end if negative; null if out of range.</summary>
    internal static MarkedText? Character(MarkedText text, long at)
    {
        int[] starts = Starts(text.Value);
        long place = at < 0 ? at + starts.Length - 1 : at;
        return place >= 0 && place < starts.Length - 1 ? Part(text, starts, (int)place, (int)place + 1) : null;
    }

    static MarkedText OfText(MarkedText text, long? start, long? stop, long step, TemplateRun run, int line)
    {
        int[] starts = Starts(text.Value);
        int[] places = [.. Places(starts.Length - 1, start, stop, step)];
        run.Spend(step == 1 ? 0 : 16L * places.Length, line); // each character becomes a value
        return places.Length == 0 ? MarkedText.Empty
            : step == 1 ? Part(text, starts, places[0], places[^1] + 1)
            : run.Join([.. places.Select(p => Part(text, starts, p, p + 1))], line);
    }

    static MarkedText Part(MarkedText text, int[] starts, int first, int end) => text.Slice(starts[first], starts[end] - starts[first]);

    /// <summary>Returns the start of each code point, and the end.</summary>
    static int[] Starts(string text)
    {
        List<int> starts = new(text.Length + 1);
        for (int i = 0; i < text.Length; i += CodePoints.LengthAt(text, i))
        {
            starts.Add(i);
        }
        return [.. starts, text.Length];
    }

    static IEnumerable<int> Places(int count, long? start, long? stop, long step)
    {
        long low = step > 0 ? 0 : -1, high = step > 0 ? count : count - 1;
        long from = start is { } a ? Math.Clamp(a < 0 ? a + count : a, low, high) : step > 0 ? low : high;
        long to = stop is { } b ? Math.Clamp(b < 0 ? b + count : b, low, high) : step > 0 ? high : low;
        long stride = Math.Clamp(step, -count - 1, count + 1);
        for (long i = from; stride > 0 ? i < to : i > to; i += stride)
        {
            yield return (int)i;
        }
    }
}
