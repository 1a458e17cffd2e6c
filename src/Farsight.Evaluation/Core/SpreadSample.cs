using System.Numerics;

namespace Farsight.Evaluation.Core;

/// <summary>Selects examples that are spread evenly over all of them.</summary>
/// <remarks>
/// The order in which places are taken is that of their numbers with the bits reversed (van der Corput's sequence): 0, 1/2, 1/4, 3/4, 1/8 …
/// So a smaller sample is part of each larger one, and any sample holds about the same share of each stretch: a limit that is raised
/// adds examples and keeps those that were asked.
/// </remarks>
static class SpreadSample
{
    /// <summary>
    /// Returns which of <paramref name="count"/> places are taken, ascending: <paramref name="limit"/>, or all where there are fewer.
    /// </summary>
    internal static IReadOnlyList<int> Places(int count, int limit)
    {
        if (limit >= count)
        {
            return [.. Enumerable.Range(0, count)];
        }
        int bits = BitOperations.Log2((uint)count) + 1;
        return [.. Enumerable.Range(0, 1 << bits).Select(i => Reversed((uint)i, bits)).Where(p => p < count).Take(limit).Order()];
    }

    /// <summary>Returns the examples of a task that a limit leaves, in their order.</summary>
    /// <remarks>
    /// A task that draws its examples for a length, and breaks them down by nothing else, gives the first ones: they are as good as any,
    /// and the others need not be made. Otherwise the number must be known, so all are made once.
    /// </remarks>
    internal static IEnumerable<EvalExample> Of(IEvalTask task, EvalSetting setting, int limit)
    {
        if (task.Card.IsPerLength && task.Examples(setting).Take(1).All(e => e.Groups.Count <= 1))
        {
            return task.Examples(setting).Take(limit);
        }
        HashSet<int> places = [.. Places(task.Examples(setting).Count(), limit)];
        return task.Examples(setting).Where((_, i) => places.Contains(i));
    }

    static int Reversed(uint number, int bits)
    {
        uint reversed = 0;
        for (int i = 0; i < bits; i++)
        {
            reversed = (reversed << 1) | ((number >> i) & 1);
        }
        return (int)reversed;
    }
}
