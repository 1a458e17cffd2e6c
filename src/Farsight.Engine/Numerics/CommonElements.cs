namespace Farsight.Engine.Numerics;

/// <summary>Compares two lists as multisets.</summary>
public static class CommonElements
{
    /// <summary>Counts the elements that both lists have, each as often as both have it.</summary>
    /// <param name="a">Elements in any order.</param>
    /// <param name="b">Elements in any order; strings are compared by their characters.</param>
    public static int Count<T>(IReadOnlyList<T> a, IReadOnlyList<T> b)
        where T : notnull
    {
        Dictionary<T, int> left = a.CountBy(t => t).ToDictionary();
        return b.Count(t => left.TryGetValue(t, out int count) && count > 0 && (left[t] = count - 1) >= 0);
    }
}
