using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Represents the cache of a window that slides over a text while the first tokens stay visible, in bounded memory.</summary>
/// <remarks>
/// Query i sees all keys while i &lt; sinks + window. Later it sees the last <paramref name="window"/> keys, its own among them, at their
/// true distance, and the first tokens at a distance that no longer grows.
/// </remarks>
/// <param name="config">Shape of the model.</param>
/// <param name="shape">Heads of the model.</param>
/// <param name="sinks">Number of first tokens that stay visible.</param>
/// <param name="window">Number of recent keys that a query sees, at least 1.</param>
/// <param name="rowsPerPass">Maximum number of new rows at once.</param>
sealed class SlidingCache(ModelConfig config, AttentionShape shape, int sinks, int window, int rowsPerPass) : IDisposable
{
    readonly KvCache _rows = new(config, sinks + window + rowsPerPass);
    int _removed; // tokens after the first ones that are not kept

    /// <summary>Number of tokens that a query sees at most.</summary>
    internal int Visible => sinks + window;

    int Capacity => sinks + window + rowsPerPass;

    /// <summary>Bytes of keys and values of all layers.</summary>
    internal long Bytes => 2L * sizeof(float) * shape.KeyWidth * Capacity * config.NumHiddenLayers;

    /// <summary>Removes keys that no later query sees, if the next rows need their place.</summary>
    /// <param name="length">Number of tokens so far.</param>
    /// <param name="count">Number of new rows.</param>
    internal void MakeRoom(int length, int count)
    {
        if (RowOf(length) + count <= Capacity)
        {
            return;
        }
        int kept = window - 1, from = RowOf(length - kept);
        for (int layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            LayerCache all = _rows.Layer(layer, []);
            all.Keys.Slice(sinks, kept).CopyFrom(all.Keys.Slice(from, kept));
            all.Values.Slice(sinks, kept).CopyFrom(all.Values.Slice(from, kept));
        }
        _removed = length - kept - sinks;
    }

    /// <summary>Appends keys and values and computes the attention of the last of the new rows.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="first">Number of tokens before the new ones.</param>
    /// <param name="queries">[T', H·Dh] rotated to their positions in the text.</param>
    /// <param name="keys">[T, Hkv·Dh] rotated to their positions in the text.</param>
    /// <param name="values">[T, Hkv·Dh]</param>
    /// <param name="sinkQueries">[T', H·Dh] rotated for <paramref name="sinkKeys"/>.</param>
    /// <param name="sinkKeys">[sinks, Hkv·Dh] keys of the first tokens; null for those of the cache.</param>
    /// <param name="output">[T', H·Dh] overwritten.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    internal void Attend(
        int layer, int first, Rows queries, Rows keys, Rows values, Rows sinkQueries, Rows? sinkKeys, Rows output, Workspace w)
    {
        int firstQuery = first + keys.Count - queries.Count;
        (Rows seenKeys, Rows seenValues) = _rows.Layer(layer, [(RowOf(first), keys.Count)]).Append(keys, values);
        int whole = Math.Clamp(Visible - firstQuery, 0, queries.Count), rest = queries.Count - whole;
        List<AttentionSpan> spans = [];
        if (whole > 0)
        {
            spans.Add(new(0, whole, firstQuery > 0 ? [new(0, RowOf(firstQuery))] : [], RowOf(firstQuery)));
        }
        if (rest > 0)
        {
            int row = RowOf(firstQuery + whole);
            spans.Add(new(whole, rest, row > sinks ? [new(sinks, row - sinks)] : [], row, window));
        }
        Rows logSumExp = w.Rows(queries.Count, shape.Heads);
        TreeAttention.Forward(queries, seenKeys, seenValues, shape, spans, output, logSumExp);
        if (rest > 0 && sinks > 0)
        {
            Rows other = w.Rows(rest, output.Width), otherLogSumExp = w.Rows(rest, shape.Heads);
            Sinks(sinkQueries.Slice(whole, rest), sinkKeys ?? seenKeys, seenValues, other, otherLogSumExp);
            SparseAttention.Join(output.Slice(whole, rest), logSumExp.Slice(whole, rest), other, otherLogSumExp, shape);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();

    void Sinks(Rows queries, Rows keys, Rows values, Rows output, Rows logSumExp)
    {
        int[] rows = [.. Enumerable.Range(0, sinks)];
        Workers.For(queries.Count, row =>
        {
            float[] scores = new float[sinks];
            for (int head = 0; head < shape.Heads; head++)
            {
                int at = head * shape.HeadDim, keyHead = head / shape.Group;
                SparseAttention.Scores(queries[row].Slice(at, shape.HeadDim), keys, keyHead, rows, shape, scores);
                logSumExp[row][head] = SparseAttention.Softmax(scores);
                SparseAttention.Sum(scores, values, keyHead, rows, output[row].Slice(at, shape.HeadDim));
            }
        });
    }

    int RowOf(int token) => token < sinks ? token : token - _removed;
}
