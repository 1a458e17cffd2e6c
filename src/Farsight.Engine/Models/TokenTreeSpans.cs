using Farsight.Engine.Kernels;

namespace Farsight.Engine.Models;

/// <summary>What the rows of a token tree see, in the terms of the attention kernel.</summary>
public static class TokenTreeSpans
{
    extension(AttentionSpan)
    {
        /// <summary>One span for each node: its ancestors' rows as prefix, its own rows causally.</summary>
        public static IReadOnlyList<AttentionSpan> For(TokenTree tree)
        {
            AttentionSpan[] spans = new AttentionSpan[tree.Nodes.Count];
            IReadOnlyList<KeyRange>[] seenByChildren = new IReadOnlyList<KeyRange>[spans.Length];
            for (int n = 0; n < spans.Length; n++)
            {
                TokenNode node = tree.Nodes[n];
                IReadOnlyList<KeyRange> prefix = node.Parent == TokenTreeBuilder.Root ? [] : seenByChildren[node.Parent];
                spans[n] = new(node.Start, node.Count, prefix, node.Start);
                seenByChildren[n] = Append(prefix, new(node.Start, node.Count));
            }
            return spans;
        }
    }

    static KeyRange[] Append(IReadOnlyList<KeyRange> ranges, KeyRange next) =>
        ranges.Count > 0 && ranges[^1].End == next.Start
            ? [.. ranges.SkipLast(1), new(ranges[^1].Start, ranges[^1].Count + next.Count)]
            : [.. ranges, next];
}
