using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Inference.Context;

/// <summary>Runs tokens through the blocks of a model with an attention that the derived class computes layer by layer.</summary>
/// <remarks>
/// Passes, blocks and the rows of the last block are those of <see cref="CachePass"/>, so a derived class that attends to all keys gives
/// the bits of ordinary decoding.
/// </remarks>
abstract class LayerwiseReader : ContextReader
{
    readonly LayerHook[] _hooks;

    private protected LayerwiseReader(DecoderModel model)
    {
        Model = model;
        _hooks = [.. Enumerable.Range(0, model.Blocks.Count).Select(layer => new LayerHook(this, layer))];
    }

    /// <summary>The model.</summary>
    private protected DecoderModel Model { get; }

    /// <summary>Heads of the model.</summary>
    private protected AttentionShape Shape => Model.Shape;

    /// <summary>Number of tokens that were read; during a pass without those of the pass.</summary>
    private protected int Length { get; set; }

    /// <summary>Number of layers to run, from the first.</summary>
    private protected virtual int Layers => Model.Blocks.Count;

    /// <summary>Maximum tokens per pass.</summary>
    private protected virtual int RowsPerPass => CacheRun.RowsPerPass;

    /// <summary>Whether the attention of the last layer gets the queries of all rows, not only of the last.</summary>
    private protected virtual bool NeedsAllRows => false;

    /// <summary>Bytes of one row of keys and one of values.</summary>
    private protected long RowBytes => 2L * sizeof(float) * Shape.KeyWidth;

    /// <inheritdoc/>
    internal override void Next(int token, LogitsReader logits) => Pass([token], logits);

    /// <summary>Computes the attention of a layer for the last T' of T tokens.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="first">Number of tokens before the T.</param>
    /// <param name="queries">[T', H·Dh] before RoPE.</param>
    /// <param name="keys">[T, Hkv·Dh] before RoPE.</param>
    /// <param name="values">[T, Hkv·Dh]</param>
    /// <param name="output">[T', H·Dh] overwritten.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    private protected abstract void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w);

    /// <summary>Makes room for the tokens of the next pass.</summary>
    private protected virtual void BeginPass(int count)
    {
    }

    /// <summary>Writes the input rows of the tokens of a pass; their embeddings by default.</summary>
    private protected virtual void Embed(int[] tokens, Rows x) => Model.Embeddings.Look(tokens, x);

    /// <summary>Ends a layer of <see cref="ReadLayerByLayer"/>.</summary>
    private protected virtual void EndLayer(int layer)
    {
    }

    /// <summary>Reads tokens pass by pass, each through all layers; keeps no activations between passes.</summary>
    private protected void ReadTokens(IReadOnlyList<int> tokens, LogitsReader? logits, CancellationToken cancel)
    {
        for (int first = 0; first < tokens.Count;)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(RowsPerPass, tokens.Count - first);
            int[] part = [.. Enumerable.Range(first, count).Select(i => tokens[i])];
            first += count;
            Pass(part, first == tokens.Count ? logits : null);
        }
    }

    /// <summary>Reads tokens layer by layer, each over all passes; keeps [tokens, D] activations.</summary>
    private protected void ReadLayerByLayer(IReadOnlyList<int> tokens, LogitsReader logits, CancellationToken cancel)
    {
        WithMemory((kept, scratch) =>
        {
            Rows x = kept.Rows(tokens.Count, Model.Config.HiddenSize), last = default;
            Model.Embeddings.Look(tokens, x);
            for (int layer = 0; layer < Layers; layer++)
            {
                for (int first = 0; first < tokens.Count; first += RowsPerPass)
                {
                    cancel.ThrowIfCancellationRequested();
                    Workspace.Mark mark = scratch.Here();
                    last = Through(layer, Length + first, x.Slice(first, Math.Min(RowsPerPass, tokens.Count - first)), scratch);
                    if (layer < Layers - 1 || first + RowsPerPass < tokens.Count)
                    {
                        scratch.Release(mark);
                    }
                }
                EndLayer(layer);
            }
            Length += tokens.Count;
            Report(last, logits, scratch);
        });
    }

    /// <summary>Returns a copy of rows, rotated to consecutive positions.</summary>
    private protected Rows Rotated(int layer, Rows rows, int firstPosition, Workspace w) =>
        Rotated(layer, rows, [.. Enumerable.Range(firstPosition, rows.Count)], w);

    /// <summary>Returns a copy of rows, rotated to positions.</summary>
    /// <param name="layer">Index of the layer, whose rotation applies.</param>
    /// <param name="rows">[T, heads · Dh]</param>
    /// <param name="positions">[T]</param>
    /// <param name="w">Memory of the copy.</param>
    private protected Rows Rotated(int layer, Rows rows, IReadOnlyList<int> positions, Workspace w)
    {
        Rows rotated = w.Rows(rows.Count, rows.Width);
        rotated.CopyFrom(rows);
        if (Model.Config.RotationOf(layer) is { } rotation)
        {
            Rotary rotary = Model.Rotaries[rotation];
            RopeTable table = new(w.Rows(positions.Count, rotary.Pairs), w.Rows(positions.Count, rotary.Pairs));
            rotary.Fill(table, positions, positions);
            RowKernels.Rotate(rotated, Shape.HeadDim, table);
        }
        return rotated;
    }

    /// <summary>Computes ordinary causal attention over cached rows, with the bits of <see cref="CachePass"/>.</summary>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="before">Rows of the cache before the T new ones.</param>
    /// <param name="count">T: number of new rows, which the cache has already.</param>
    /// <param name="queries">[T', H·Dh] rotated: the last of the new rows.</param>
    /// <param name="keys">Rows of the cache, rotated.</param>
    /// <param name="values">Rows of the cache.</param>
    /// <param name="output">[T', H·Dh] overwritten.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    private protected void AttendCausally(int layer, int before, int count, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
    {
        int skipped = count - queries.Count;
        List<KeyRange> prefix = [];
        if (before > 0)
        {
            prefix.Add(new(0, before));
        }
        if (skipped > 0)
        {
            prefix.Add(new(before, skipped));
        }
        AttentionSpan span = new(0, queries.Count, prefix, before + skipped, Model.Config.WindowOf(layer) ?? int.MaxValue);
        if (queries.Count == 1)
        {
            TreeAttention.Decode(queries, keys, values, Shape, [span], output);
        }
        else
        {
            TreeAttention.Forward(queries, keys, values, Shape, [span], output, w.Rows(queries.Count, Shape.Heads));
        }
        Cost.KeyValueBytes += RowBytes * (before + count);
    }

    /// <summary>Gets the output of the last of the layers after a pass; the logits by default.</summary>
    /// <param name="last">[T', D]; its last row is the one of the last token.</param>
    /// <param name="logits">Receives the logits.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    private protected virtual void Report(Rows last, LogitsReader logits, Workspace w)
    {
        Rows hidden = Model.FinalNorm.Forward(last.Slice(last.Count - 1, 1), w).Output;
        logits(DecodingBatch.Logits(Model, hidden, w)[0]);
    }

    /// <summary>Runs a block over rows that follow <paramref name="first"/> tokens; all but the last block write in place.</summary>
    /// <returns>The rows after the block; of the last block only the last row unless all are needed.</returns>
    private protected Rows Through(int layer, int first, Rows x, Workspace scratch)
    {
        RowSelection? selection = layer == Layers - 1 && !NeedsAllRows ? new([(x.Count - 1, 1)]) : null;
        Rows result = selection is null ? x : scratch.Rows(1, x.Width);
        _hooks[layer].First = first;
        BlockContext context = new(Shape, [], selection) { Attention = _hooks[layer] };
        BlockPass.Evaluate(Model.Blocks[layer], x, context, null, result, scratch);
        Cost.LayerTokens += x.Count;
        return result;
    }

    /// <summary>Lends the model's memory to an action.</summary>
    private protected void WithMemory(Action<Workspace, Workspace> action)
    {
        PassMemory memory = Model.TakeMemory();
        try
        {
            action(memory.Kept, memory.Scratch);
        }
        finally
        {
            Model.GiveBack(memory);
        }
    }

    void Pass(int[] tokens, LogitsReader? logits) => WithMemory((_, scratch) =>
    {
        BeginPass(tokens.Length);
        Rows x = scratch.Rows(tokens.Length, Model.Config.HiddenSize);
        Embed(tokens, x);
        for (int layer = 0; layer < Layers; layer++)
        {
            x = Through(layer, Length, x, scratch);
        }
        Length += tokens.Length;
        if (logits is not null)
        {
            Report(x, logits, scratch);
        }
    });

    sealed class LayerHook(LayerwiseReader reader, int layer) : ILayerAttention
    {
        internal int First { get; set; }

        public void Attend(Rows queries, Rows keys, Rows values, Rows output, Workspace scratch) =>
            reader.Attend(layer, First, queries, keys, values, output, scratch);
    }
}
