namespace Farsight.Engine.Kernels;

/// <summary>
/// Query heads that can be computed alike: of some key heads side by side, the same ones of the query heads that share each.
/// </summary>
/// <param name="FirstKeyHead">First key head.</param>
/// <param name="KeyHeads">Number of key heads.</param>
/// <param name="FirstOfGroup">Number, among the query heads that share a key head, of the first one meant.</param>
/// <param name="PerKeyHead">How many of them are meant.</param>
readonly record struct HeadSlice(int FirstKeyHead, int KeyHeads, int FirstOfGroup, int PerKeyHead)
{
    /// <summary>Cuts a range of query heads where it begins or ends among the query heads of one key head.</summary>
    internal static IEnumerable<HeadSlice> Of(AttentionShape shape, HeadRange heads)
    {
        for (int head = heads.Start; head < heads.End;)
        {
            (int keyHead, int first) = Math.DivRem(head, shape.Group);
            int count = Math.Min(shape.Group - first, heads.End - head);
            int keyHeads = count == shape.Group ? (heads.End - head) / count : 1;
            yield return new(keyHead, keyHeads, first, count);
            head += keyHeads * count;
        }
    }
}
