using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>One layer's keys and values from earlier passes, and where the new rows go.</summary>
/// <param name="Keys">[S, Hkv·Dh]</param>
/// <param name="Values">[S, Hkv·Dh]</param>
/// <param name="Places">Cache row and number of each run of new rows, in their order.</param>
sealed record LayerCache(Rows Keys, Rows Values, IReadOnlyList<(int FirstRow, int Count)> Places)
{
    /// <summary>Copies the new rows in and returns everything that queries may see.</summary>
    internal (Rows Keys, Rows Values) Append(Rows keys, Rows values)
    {
        int next = 0;
        foreach ((int first, int count) in Places)
        {
            Keys.Slice(first, count).CopyFrom(keys.Slice(next, count));
            Values.Slice(first, count).CopyFrom(values.Slice(next, count));
            next += count;
        }
        return (Keys, Values);
    }
}
