using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>New tokens of one sequence.</summary>
/// <param name="Sequence">Its number in the batch.</param>
/// <param name="Tokens">At least one.</param>
public sealed record SequencePiece(int Sequence, IReadOnlyList<int> Tokens);

/// <summary>Sequences that grow side by side, each in its own stretch of one cache.</summary>
public sealed class DecodingBatch : IDisposable
{
    // Rows of one forward pass: enough for full register tiles, little enough that activations stay small.
    const int RowsPerPass = 1024;

    readonly LlamaModel _model;
    readonly KvCache _cache;
    readonly int[] _start;   // first cache row of each sequence
    readonly int[] _length;  // rows it has so far
    readonly int[] _capacity;
    readonly KeyRange[] _shared; // rows of another sequence that come before its own

    /// <summary>Reserves a cache.</summary>
    /// <param name="model">The model.</param>
    /// <param name="capacities">Tokens that each sequence may reach.</param>
    public DecodingBatch(LlamaModel model, IReadOnlyList<int> capacities)
    {
        _model = model;
        _capacity = [.. capacities];
        _length = new int[capacities.Count];
        _start = new int[capacities.Count];
        _shared = new KeyRange[capacities.Count];
        for (int i = 1; i < _start.Length; i++)
        {
            _start[i] = _start[i - 1] + capacities[i - 1];
        }
        _cache = new(model.Config, capacities.Sum());
    }

    /// <summary>Whether sequences can share tokens; not where RoPE depends on the length of the whole text.</summary>
    public static bool CanShare(LlamaModel model) => !model.Config.RopeScaling.DependsOnLength;

    /// <summary>Lets a sequence without tokens begin with the tokens of another, which are not computed again.</summary>
    /// <remarks>The other one keeps them as long as this one lives. What is shared does not count to this one's capacity.</remarks>
    /// <param name="sequence">Has no tokens yet.</param>
    /// <param name="with">Shares with none itself.</param>
    /// <exception cref="ArgumentException">A sequence is not as described, or nothing can be shared.</exception>
    public void Share(int sequence, int with)
    {
        if (sequence == with || LengthOf(sequence) > 0 || _shared[with].Count > 0 || !CanShare(_model))
        {
            throw new ArgumentException($"Sequence {sequence} cannot begin with the tokens of {with}.", nameof(sequence));
        }
        _shared[sequence] = new(_start[with], _length[with]);
    }

    /// <summary>Tokens of a sequence, with those it shares.</summary>
    public int LengthOf(int sequence) => _shared[sequence].Count + _length[sequence];

    /// <summary>Forgets a sequence's tokens from a place on; those before stay computed.</summary>
    /// <param name="sequence">Its number.</param>
    /// <param name="length">How many stay; at least those it shares.</param>
    /// <returns>How many did stay: none where RoPE depends on the length of the whole text.</returns>
    public int Rewind(int sequence, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, _shared[sequence].Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LengthOf(sequence));
        _length[sequence] = CanShare(_model) ? length - _shared[sequence].Count : 0;
        return LengthOf(sequence);
    }

    /// <summary>Appends tokens and hands out the logits [V] after each piece's last token; they are valid during the call only.</summary>
    /// <exception cref="ArgumentException">A piece is empty or its sequence's capacity is exceeded.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two passes.</exception>
    public void Extend(IReadOnlyList<SequencePiece> pieces, LogitsAction logits, CancellationToken cancel = default)
    {
        foreach (SequencePiece piece in pieces)
        {
            if (piece.Tokens.Count == 0 || _length[piece.Sequence] + piece.Tokens.Count > _capacity[piece.Sequence])
            {
                throw new ArgumentException($"Sequence {piece.Sequence} has {_length[piece.Sequence]} of {_capacity[piece.Sequence]} tokens; {piece.Tokens.Count} more cannot be added.", nameof(pieces));
            }
        }
        foreach (IReadOnlyList<Run> pass in Passes(pieces))
        {
            cancel.ThrowIfCancellationRequested();
            Pass(pass, logits);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    /// <summary>Cuts long pieces and gathers short ones, so that a pass has a bounded number of rows.</summary>
    static IEnumerable<IReadOnlyList<Run>> Passes(IReadOnlyList<SequencePiece> pieces)
    {
        List<Run> pass = [];
        int rows = 0;
        foreach (SequencePiece piece in pieces)
        {
            for (int done = 0; done < piece.Tokens.Count;)
            {
                int count = Math.Min(piece.Tokens.Count - done, RowsPerPass - rows);
                pass.Add(new(piece.Sequence, [.. piece.Tokens.Skip(done).Take(count)], piece.Tokens.Count - done - count));
                rows += count;
                done += count;
                if (rows == RowsPerPass)
                {
                    yield return pass;
                    (pass, rows) = ([], 0);
                }
            }
        }
        if (rows > 0)
        {
            yield return pass;
        }
    }

    void Pass(IReadOnlyList<Run> runs, LogitsAction logits)
    {
        PassMemory memory = _model.TakeMemory();
        try
        {
            Workspace workspace = memory.Scratch;
            int[] tokens = [.. runs.SelectMany(r => r.Tokens)];
            int[] positions = [.. runs.SelectMany(r => Enumerable.Range(LengthOf(r.Sequence), r.Tokens.Count))];
            Rows x = workspace.Rows(tokens.Length, _model.Config.HiddenSize);
            _model.Embeddings.Look(tokens, x);
            Rows last = ThroughBlocks(runs, positions, x, workspace);
            Rows hidden = _model.FinalNorm.Forward(last, workspace).Output;
            Rows scores = workspace.Rows(hidden.Count, _model.Config.VocabSize);
            Gemm.MultiplyTransposed(hidden, _model.Head.Matrix, 0, scores.Width, scores, add: false);
            for (int i = 0; i < runs.Count; i++)
            {
                _length[runs[i].Sequence] += runs[i].Tokens.Count;
                if (runs[i].Remaining == 0)
                {
                    logits(runs[i].Sequence, scores[i]);
                }
            }
        }
        finally
        {
            _model.GiveBack(memory);
        }
    }

    /// <summary>[runs, D] the last block's result at the last row of each run.</summary>
    Rows ThroughBlocks(IReadOnlyList<Run> runs, int[] positions, Rows x, Workspace workspace)
    {
        List<AttentionSpan> spans = [], lastSpans = [];
        List<(int, int)> places = [], lastRows = [];
        int next = 0;
        foreach (Run run in runs)
        {
            int count = run.Tokens.Count, start = _start[run.Sequence], seen = _length[run.Sequence];
            spans.Add(new(next, count, Before(run.Sequence, seen), start + seen));
            lastSpans.Add(new(lastSpans.Count, 1, Before(run.Sequence, seen + count - 1), start + seen + count - 1));
            places.Add((start + seen, count));
            lastRows.Add((next + count - 1, 1));
            next += count;
        }

        // The length is the sequence's with the whole piece, so that cutting a long prompt into passes changes nothing.
        RopeTable rope = _model.Rotary.Table(positions, [.. runs.SelectMany(r => Enumerable.Repeat(LengthOf(r.Sequence) + r.Tokens.Count + r.Remaining, r.Tokens.Count))]);
        RowSelection selection = new(lastRows);
        RopeTable lastRope = new(selection.Gather(rope.Cos, workspace), selection.Gather(rope.Sin, workspace));
        BlockContext inner = new(_model.Shape, rope, rope, spans, null), last = new(_model.Shape, rope, lastRope, lastSpans, selection);
        for (int layer = 0; layer < _model.Blocks.Count; layer++)
        {
            bool isLast = layer == _model.Blocks.Count - 1;
            Rows result = isLast ? workspace.Rows(selection.Count, x.Width) : x;
            BlockPass.Evaluate(_model.Blocks[layer], x, (isLast ? last : inner).Within(_model.Config.WindowOf(layer)), _cache.Layer(layer, places), result, workspace);
            x = result;
        }
        return x;
    }

    /// <summary>Cache rows that a sequence's rows see: what it shares, and the first of its own.</summary>
    KeyRange[] Before(int sequence, int own) => [.. new[] { _shared[sequence], new KeyRange(_start[sequence], own) }.Where(r => r.Count > 0)];

    /// <summary>Part of a piece that one pass takes, and how many tokens of the piece are left after it.</summary>
    sealed record Run(int Sequence, IReadOnlyList<int> Tokens, int Remaining);
}

/// <summary>Receives the logits of one sequence.</summary>
/// <param name="sequence">Its number in the batch.</param>
/// <param name="logits">[V]; valid during the call only.</param>
public delegate void LogitsAction(int sequence, ReadOnlySpan<float> logits);
