using Farsight.Engine.Kernels;

namespace Farsight.Engine.Models;

/// <summary>Represents the keys that each head attends to in training; decoding and scoring attend to all visible keys.</summary>
public abstract record AttentionPattern
{
    AttentionPattern()
    {
    }

    /// <summary>Returns the spans of keys that the heads attend to.</summary>
    /// <param name="spans">Complete paths: the index of a query in its sequence is the number of keys before it.</param>
    /// <param name="heads">H.</param>
    internal abstract IReadOnlyList<AttentionSpan> Of(IReadOnlyList<AttentionSpan> spans, int heads);

    /// <summary>
    /// Shifted sparse attention of LongLoRA (S²-Attn): a query attends causally to the keys of its own group of tokens only.
    /// </summary>
    /// <remarks>
    /// Groups of the first ⌊H/2⌋ heads begin at the tokens 0, G, 2G, …; those of the other heads at ⌊G/2⌋, ⌊G/2⌋ + G, …, and the
    /// tokens before the first of these are a group of their own. A token's number is its index in its sequence, regardless of
    /// its position id; a response continues the last group of its prompt. A sliding window also applies inside the groups.
    /// Source: arXiv:2309.12307, section 3.2 and Algorithm 1. There shifted heads roll the tokens, so that the last half group
    /// and the first become one and the beginning sees the end; here, as in the authors' code for FlashAttention, they stay apart.
    /// </remarks>
    /// <param name="Group">G: tokens per group, at least 2.</param>
    public sealed record ShiftedSparse(int Group) : AttentionPattern
    {
        /// <inheritdoc/>
        internal override IReadOnlyList<AttentionSpan> Of(IReadOnlyList<AttentionSpan> spans, int heads)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(Group, 2);
            return [.. Cut(spans, 0, new(0, heads / 2)), .. Cut(spans, Group / 2, new(heads / 2, heads - heads / 2))];
        }

        /// <summary>Splits spans and orders the parts by group, so that responses in the prompt's last group are adjacent.</summary>
        IEnumerable<AttentionSpan> Cut(IReadOnlyList<AttentionSpan> spans, int shift, HeadRange heads) =>
            heads.Count == 0 ? [] : spans.SelectMany(s => Cut(s, shift, heads)).OrderBy(p => p.Group).Select(p => p.Span);

        IEnumerable<(long Group, AttentionSpan Span)> Cut(AttentionSpan span, int shift, HeadRange heads)
        {
            int before = span.Prefix.Sum(r => r.Count);
            for (int first = 0; first < span.QueryCount;)
            {
                long index = before + first, number = (index + Group - shift) / Group, start = (number - 1) * Group + shift;
                int count = (int)Math.Min(span.QueryCount - first, start + Group - index);
                yield return (number, span with
                {
                    FirstQuery = span.FirstQuery + first,
                    QueryCount = count,
                    Prefix = From(span.Prefix, start),
                    FirstKey = span.FirstKey + first,
                    Heads = heads,
                });
                first += count;
            }
        }

        /// <summary>Returns the keys of a path from index <paramref name="start"/> on.</summary>
        static KeyRange[] From(IReadOnlyList<KeyRange> path, long start)
        {
            List<KeyRange> seen = [];
            foreach (KeyRange range in path)
            {
                int skipped = (int)Math.Clamp(start, 0, range.Count);
                start -= skipped;
                if (skipped < range.Count)
                {
                    seen.Add(new(range.Start + skipped, range.Count - skipped));
                }
            }
            return [.. seen];
        }
    }
}
