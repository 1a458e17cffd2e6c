namespace Farsight.Text.Templates;

/// <summary>Represents the variable loop of a for statement.</summary>
/// <param name="items">What it runs over.</param>
/// <param name="depth">1 for the outermost turn of a recursive loop.</param>
/// <param name="recursion">What loop(items) does; null where the loop is not recursive.</param>
sealed class LoopState(IReadOnlyList<object?> items, int depth, TemplateFunction? recursion)
{
    int _index = -1;
    object? _changed = new TemplateUndefined("loop.changed has not been called");

    /// <summary>Implements loop(items).</summary>
    internal TemplateFunction? Recursion => recursion;

    internal void MoveNext() => _index++;

    internal Member? Attribute(string name) =>
        name switch
        {
            "index" => new(_index + 1L),
            "index0" => new((long)_index),
            "revindex" => new((long)items.Count - _index),
            "revindex0" => new(items.Count - 1L - _index),
            "first" => new(_index == 0),
            "last" => new(_index == items.Count - 1),
            "length" => new((long)items.Count),
            "depth" => new((long)depth),
            "depth0" => new(depth - 1L),
            "previtem" => new(_index > 0 ? items[_index - 1] : new TemplateUndefined("there is no previous item")),
            "nextitem" => new(_index + 1 < items.Count ? items[_index + 1] : new TemplateUndefined("there is no next item")),
            "cycle" => new(
                new TemplateFunction(
                    "cycle",
                    call =>
                        call.Arguments.Count > 0
                            ? call.Arguments[_index % call.Arguments.Count]
                            : throw call.Error("needs at least one value"))),
            "changed" => new(new TemplateFunction("changed", call => Changed(call))),
            _ => null,
        };

    bool Changed(TemplateCall call)
    {
        TemplateList now = new(call.Arguments, isTuple: true);
        bool changed = !PythonMath.AreEqual(now, _changed, call.Run, call.Line);
        _changed = now;
        return changed;
    }
}
