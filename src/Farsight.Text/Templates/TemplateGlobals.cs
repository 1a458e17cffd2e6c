namespace Farsight.Text.Templates;

/// <summary>Provides the functions that every chat template can call: those of Jinja and those that transformers adds.</summary>
static class TemplateGlobals
{
    const int LongestRange = 100_000;

    static readonly TemplateFunction[] s_all =
    [
        new("raise_exception", c => throw c.Run.Refused(c.Line, PythonText.Text(c.Get(0, "message"), c.Run, c.Line).Value)),
        new("strftime_now", PythonClock.Format),
        new("range", Range),
        new("namespace", Namespace),
        new("dict", Dict),
        new("joiner", Joiner),
    ];

    internal static TemplateScope For(TemplateRun run)
    {
        TemplateScope scope = new(run, null);
        foreach (TemplateFunction function in s_all)
        {
            scope[function.Name] = function;
        }
        return scope;
    }

    static TemplateList Range(TemplateCall call)
    {
        call.AtMost(3);
        long first = call.Integer(0, "stop");
        (long start, long stop) = call.Arguments.Count > 1 ? (first, call.Integer(1, "stop")) : (0, first);
        long step = call.Integer(2, "step", 1);
        double count = step == 0 ? throw call.Error("cannot have a step of 0") : Math.Ceiling(((double)stop - start) / step);
        return count <= LongestRange
            ? call.Run.List(Enumerable.Range(0, (int)Math.Max(count, 0)).Select(i => (object?)(start + (i * step))), call.Line)
            : throw call.Error($"returns at most {LongestRange} numbers");
    }

    static TemplateNamespace Namespace(TemplateCall call)
    {
        TemplateNamespace space = new();
        foreach ((object key, object? value) in Dict(call))
        {
            space.Values[key.ToString()!] = value;
        }
        return space;
    }

    static TemplateDict Dict(TemplateCall call)
    {
        TemplateDict dict =
            call.Arguments.Count == 0
                ? []
                : CollectionMethods.Copy(call.Arguments[0] as TemplateDict ?? throw call.Error("needs names with values, or a dict"));
        foreach ((string name, object? value) in call.Named)
        {
            dict[MarkedText.Own(name)] = value;
        }
        return dict;
    }

    static TemplateFunction Joiner(TemplateCall call)
    {
        bool isFirst = true;
        MarkedText separator = call.Has(0, "sep") ? call.Text(0, "sep") : MarkedText.Own(", ");
        return new("joiner", _ =>
        {
            (bool wasFirst, isFirst) = (isFirst, false);
            return wasFirst ? MarkedText.Empty : separator;
        });
    }
}
