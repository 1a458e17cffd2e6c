using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>Represents a forward pass of new tokens after those in a cache; appends their keys and values.</summary>
/// <remarks>A run may see rows of earlier runs of the same pass. The last block computes only the requested rows.</remarks>
/// <param name="model">The model.</param>
/// <param name="cache">Keys and values of all sequences.</param>
/// <param name="sequences">Sequences of the batch; their rows in use grow by those of the runs.</param>
/// <param name="runs">New tokens of this pass.</param>
/// <param name="observer">Receives the attention peaks of requested rows; null for none.</param>
sealed class CachePass(
    DecoderModel model, KvCache cache, IReadOnlyList<CachedSequence> sequences, IReadOnlyList<CacheRun> runs, AttentionAction? observer)
    : IDisposable
{
    readonly List<AttentionSpan> _spans = [], _lastSpans = [];
    readonly List<(int FirstRow, int Count)> _places = [], _lastRows = [];
    readonly List<int> _tokens = [], _positions = [], _lengths = [];
    readonly List<ObservedRow> _observed = [], _lastObserved = []; // the same rows, in their spans and in those of the last block
    PassMemory? _memory = model.TakeMemory();                      // null once disposed
    int _requested;

    /// <summary>Memory for the duration of the pass.</summary>
    /// <exception cref="ObjectDisposedException">The pass is disposed.</exception>
    internal Workspace Scratch
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory.Scratch;
        }
    }

    /// <summary>Runs the model over the new tokens.</summary>
    /// <returns>[outputs of all runs, D] after the final norm; null if no run has outputs.</returns>
    /// <exception cref="ObjectDisposedException">The pass is disposed.</exception>
    internal Rows? Forward()
    {
        ObjectDisposedException.ThrowIf(_memory is null, this);
        foreach (CacheRun run in runs)
        {
            Place(sequences[run.Piece.Sequence], run);
        }
        bool isRead = _lastRows.Count > 0;
        if (!isRead)
        {
            Request(_spans[^1], _spans[^1].QueryCount - 1, 1); // the last block needs at least one row
        }
        Rows last = ThroughBlocks();
        return isRead ? model.FinalNorm.Forward(Outputs(last), Scratch).Output : null;
    }

    /// <summary>Returns the memory to the model; further calls do nothing.</summary>
    public void Dispose()
    {
        if (_memory is { } memory)
        {
            _memory = null;
            model.GiveBack(memory);
        }
    }

    void Place(CachedSequence sequence, CacheRun run)
    {
        int length = sequence.Length, offset = sequence.Offset, all = run.Piece.Tokens.Count;
        int PositionOf(int index) => run.Piece.Positions?[index] ?? length + offset + index - run.First;
        int whole = PositionOf(all - 1) + 1;
        AttentionSpan span = new(_tokens.Count, run.Count, sequence.Before(sequence.Own), sequence.From(sequence.Own)[0].Start);
        _spans.Add(span);
        _places.Add((span.FirstKey, run.Count));
        _tokens.AddRange(run.Tokens);
        for (int i = 0; i < run.Count; i++)
        {
            _positions.Add(PositionOf(run.First + i));
            _lengths.Add(whole); // with the whole piece, so that splitting a long prompt into passes changes nothing
        }
        if (run.Outputs.Count > 0)
        {
            int first = run.Outputs[0] - run.First;
            Request(span, first, run.Outputs[^1] - run.First - first + 1);
            foreach (int output in observer is null ? [] : run.Outputs)
            {
                _observed.Add(new(_spans.Count - 1, output - run.First, run.Piece.Sequence));
                _lastObserved.Add(new(_lastSpans.Count - 1, output - run.First - first, run.Piece.Sequence));
            }
        }
        sequence.Own += run.Count;
        sequence.Offset = PositionOf(run.First + run.Count - 1) + 1 - length - run.Count;
    }

    /// <summary>Makes the last block compute some rows of a span.</summary>
    void Request(AttentionSpan span, int first, int count)
    {
        KeyRange before = new(span.FirstKey, first);
        IReadOnlyList<KeyRange> prefix = first == 0 ? span.Prefix : [.. span.Prefix, before];
        _lastSpans.Add(new(_requested, count, prefix, span.FirstKey + first));
        _lastRows.Add((span.FirstQuery + first, count));
        _requested += count;
    }

    /// <summary>Runs all blocks and returns the requested rows of the last: [requested rows, D].</summary>
    Rows ThroughBlocks()
    {
        Rows x = Scratch.Rows(_tokens.Count, model.Config.HiddenSize);
        model.Embeddings.Look(_tokens, x);
        RowSelection selection = new(_lastRows);
        PassRotations rotations = PassRotations.Of(model.Rotaries, _positions, _lengths, selection, Scratch);
        BlockContext inner = new(model.Shape, _spans, null), last = new(model.Shape, _lastSpans, selection);
        for (int layer = 0; layer < model.Blocks.Count; layer++)
        {
            bool isLast = layer == model.Blocks.Count - 1;
            Rows result = isLast ? Scratch.Rows(selection.Count, x.Width) : x;
            BlockContext context = (isLast ? last : inner).Of(model.Config, layer, rotations);
            context = observer is null ? context : context with { Observer = new(observer, layer, isLast ? _lastObserved : _observed) };
            BlockPass.Evaluate(model.Blocks[layer], x, context, cache.Layer(layer, _places), result, Scratch);
            x = result;
        }
        return x;
    }

    /// <summary>Returns the output rows, without rows between two outputs that the last block computed as well.</summary>
    Rows Outputs(Rows last)
    {
        int count = runs.Sum(r => r.Outputs.Count);
        if (count == last.Count)
        {
            return last;
        }
        Rows outputs = Scratch.Rows(count, last.Width);
        int next = 0, before = 0;
        foreach (CacheRun run in runs.Where(r => r.Outputs.Count > 0))
        {
            foreach (int output in run.Outputs)
            {
                last[before + output - run.Outputs[0]].CopyTo(outputs[next++]);
            }
            before += run.Outputs[^1] - run.Outputs[0] + 1;
        }
        return outputs;
    }
}
