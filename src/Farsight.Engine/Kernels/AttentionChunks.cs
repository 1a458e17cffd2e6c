using System.Numerics.Tensors;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Divides the chunks of a plan among the threads.</summary>
static class AttentionChunks
{
    const int RowsPerItem = 64;

    /// <summary>Computes the forward pass of every chunk and key head.</summary>
    internal static void Forward(AttentionPlan plan, Action<AttentionPlan.Chunk, int> compute)
    {
        int last = plan.Chunks.Count - 1;
        Workers.For(plan.Chunks.Count * plan.Heads.KeyHeads, item =>
        {
            // From the back: the last chunks of a span see the most keys, and what is long should start early.
            (int chunk, int head) = Math.DivRem(item, plan.Heads.KeyHeads);
            compute(plan.Chunks[last - chunk], plan.Heads.FirstKeyHead + head);
        });
    }

    /// <summary>Computes the backward pass of every chunk and key head.</summary>
    /// <remarks>Parts of a family add to gradients of keys and values of their own, which are added at the end.</remarks>
    internal static void Backward(
        AttentionPlan plan, int keys, AttentionShape shape, AttentionGradients gradients,
        Action<AttentionPlan.Chunk, int, AttentionGradients> compute)
    {
        int parts = plan.PartsOfFamilies(shape.KeyValueHeads);
        using Scratch copies = Scratch.Take((parts - 1) * 2 * keys, shape.KeyWidth);
        AttentionGradients[] targets =
        [
            gradients,
            .. Enumerable
                .Range(0, parts - 1)
                .Select(p =>
                    gradients with
                    {
                        Keys = copies.Rows.Slice(2 * p * keys, keys),
                        Values = copies.Rows.Slice((2 * p + 1) * keys, keys),
                    }),
        ];
        Workers.ForBlocks(copies.Rows.Count, RowsPerItem, (first, count) => copies.Rows.Slice(first, count).Clear());
        Workers.For(parts * plan.Families.Count * plan.Heads.KeyHeads, item =>
        {
            (int rest, int head) = Math.DivRem(item, plan.Heads.KeyHeads);
            (int family, int part) = Math.DivRem(rest, parts);
            IReadOnlyList<AttentionPlan.Chunk> chunks = plan.Families[family];
            for (int c = part; c < chunks.Count; c += parts)
            {
                compute(chunks[c], plan.Heads.FirstKeyHead + head, targets[part]);
            }
        });
        for (int part = 1; part < parts; part++)
        {
            Add(targets[part].Keys, gradients.Keys);
            Add(targets[part].Values, gradients.Values);
        }
    }

    static void Add(Rows part, Rows whole) => Workers.ForBlocks(whole.Count, RowsPerItem, (first, count) =>
    {
        Span<float> to = whole.Slice(first, count).Span;
        TensorPrimitives.Add(to, part.Slice(first, count).Span, to);
    });
}
