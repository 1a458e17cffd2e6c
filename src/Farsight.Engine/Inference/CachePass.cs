using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Inference;

/// <summary>One forward of new tokens behind what a cache holds; their keys and values go into it.</summary>
/// <remarks>A run may see rows of runs before it in the same pass. The last block computes only what is asked for.</remarks>
sealed class CachePass : IDisposable
{
    readonly LlamaModel _model;
    readonly PassMemory _memory;
    readonly List<AttentionSpan> _spans = [], _lastSpans = [];
    readonly List<(int FirstRow, int Count)> _places = [], _lastRows = [];
    readonly List<int> _tokens = [], _positions = [], _lengths = [];
    readonly List<WatchedRow> _watched = [], _lastWatched = []; // the same rows, in their spans and in those of the last block
    readonly AttentionAction? _observer;
    int _asked;

    internal CachePass(
        LlamaModel model,
        KvCache cache,
        IReadOnlyList<Stretch> sequences,
        IReadOnlyList<CacheRun> runs,
        AttentionAction? observer)
    {
        (_model, _memory, _observer) = (model, model.TakeMemory(), observer);
        foreach (CacheRun run in runs)
        {
            Place(sequences[run.Piece.Sequence], run);
        }
        bool isRead = _lastRows.Count > 0;
        if (!isRead)
        {
            Ask(_spans[^1], _spans[^1].QueryCount - 1, 1); // the last block needs a row to run for
        }
        Rows last = ThroughBlocks(cache);
        Outputs = isRead ? model.FinalNorm.Forward(Asked(last, runs), Scratch).Output : null;
    }

    /// <summary>[outputs of all runs, D] after the final norm; null where nothing is asked.</summary>
    internal Rows? Outputs { get; }

    internal Workspace Scratch => _memory.Scratch;

    /// <inheritdoc/>
    public void Dispose() => _model.GiveBack(_memory);

    void Place(Stretch stretch, CacheRun run)
    {
        int length = stretch.Length, whole = length + run.Count + run.Remaining;
        AttentionSpan span = new(_tokens.Count, run.Count, stretch.Before(stretch.Own), stretch.Start + stretch.Own);
        _spans.Add(span);
        _places.Add((span.FirstKey, run.Count));
        _tokens.AddRange(run.Tokens);
        for (int i = 0; i < run.Count; i++)
        {
            _positions.Add(length + i);
            _lengths.Add(whole); // the sequence's with the whole piece, so that cutting a long prompt into passes changes nothing
        }
        if (run.Outputs.Count > 0)
        {
            int first = run.Outputs[0] - run.First;
            Ask(span, first, run.Outputs[^1] - run.First - first + 1);
            foreach (int output in _observer is null ? [] : run.Outputs)
            {
                _watched.Add(new(_spans.Count - 1, output - run.First, run.Piece.Sequence));
                _lastWatched.Add(new(_lastSpans.Count - 1, output - run.First - first, run.Piece.Sequence));
            }
        }
        stretch.Own += run.Count;
    }

    /// <summary>Has the last block compute some rows of a span.</summary>
    void Ask(AttentionSpan span, int first, int count)
    {
        KeyRange before = new(span.FirstKey, first);
        IReadOnlyList<KeyRange> prefix = first == 0 ? span.Prefix : [.. span.Prefix, before];
        _lastSpans.Add(new(_asked, count, prefix, span.FirstKey + first));
        _lastRows.Add((span.FirstQuery + first, count));
        _asked += count;
    }

    /// <summary>[rows asked for, D] the last block's result.</summary>
    Rows ThroughBlocks(KvCache cache)
    {
        Rows x = Scratch.Rows(_tokens.Count, _model.Config.HiddenSize);
        _model.Embeddings.Look(_tokens, x);
        RopeTable rope = _model.Rotary.Table(_positions, _lengths);
        RowSelection selection = new(_lastRows);
        RopeTable lastRope = new(selection.Gather(rope.Cos, Scratch), selection.Gather(rope.Sin, Scratch));
        BlockContext inner = new(_model.Shape, rope, rope, _spans, null), last = new(_model.Shape, rope, lastRope, _lastSpans, selection);
        for (int layer = 0; layer < _model.Blocks.Count; layer++)
        {
            bool isLast = layer == _model.Blocks.Count - 1;
            Rows result = isLast ? Scratch.Rows(selection.Count, x.Width) : x;
            BlockContext context = (isLast ? last : inner).Within(_model.Config.WindowOf(layer));
            context = _observer is null ? context : context with { Watch = new(_observer, layer, isLast ? _lastWatched : _watched) };
            BlockPass.Evaluate(_model.Blocks[layer], x, context, cache.Layer(layer, _places), result, Scratch);
            x = result;
        }
        return x;
    }

    /// <summary>The rows asked for, without those between two of them that nobody asked for.</summary>
    Rows Asked(Rows last, IReadOnlyList<CacheRun> runs)
    {
        int count = runs.Sum(r => r.Outputs.Count);
        if (count == last.Count)
        {
            return last;
        }
        Rows asked = Scratch.Rows(count, last.Width);
        int next = 0, before = 0;
        foreach (CacheRun run in runs.Where(r => r.Outputs.Count > 0))
        {
            foreach (int output in run.Outputs)
            {
                last[before + output - run.Outputs[0]].CopyTo(asked[next++]);
            }
            before += run.Outputs[^1] - run.Outputs[0] + 1;
        }
        return asked;
    }
}
