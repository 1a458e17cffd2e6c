using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>What a block must know of the rows it works on.</summary>
/// <param name="Shape">Heads and head dim.</param>
/// <param name="KeyRope">Rotation of the T rows that come in.</param>
/// <param name="QueryRope">Rotation of the T' rows that go out; the same unless there is a selection.</param>
/// <param name="Spans">Which keys each of the T' rows sees.</param>
/// <param name="Selection">The rows that go out, or null for all.</param>
sealed record BlockContext(
    AttentionShape Shape, RopeTable KeyRope, RopeTable QueryRope, IReadOnlyList<AttentionSpan> Spans, RowSelection? Selection)
{
    /// <summary>Who is told where heads look; null for nobody.</summary>
    internal PeakWatch? Watch { get; init; }

    /// <summary>The same rows where a query sees at most so many keys; null for all.</summary>
    internal BlockContext Within(int? window) =>
        window is { } w ? this with { Spans = [.. Spans.Select(s => s with { Window = w })] } : this;

    /// <summary>[T', width] the rows that go out.</summary>
    internal Rows Select(Rows rows, Workspace workspace) => Selection?.Gather(rows, workspace) ?? rows;

    /// <summary>Puts the rows that go out at their places among all, zeros elsewhere.</summary>
    /// <param name="rows">[T', width]</param>
    /// <param name="target">[T, width] overwritten; may be <paramref name="rows"/> itself where none are selected.</param>
    internal void Unselect(Rows rows, Rows target)
    {
        if (Selection is { } selection)
        {
            selection.Scatter(rows, target);
        }
        else if (rows != target)
        {
            target.CopyFrom(rows);
        }
    }
}
