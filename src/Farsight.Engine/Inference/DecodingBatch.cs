using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Inference;

/// <summary>New tokens of one sequence.</summary>
/// <param name="Sequence">Its number in the batch.</param>
/// <param name="Tokens">At least one.</param>
public sealed record SequencePiece(int Sequence, IReadOnlyList<int> Tokens)
{
    /// <summary>Whether the logits after the last token are wanted.</summary>
    internal bool IsAsked { get; init; } = true;

    /// <summary>Tokens whose log-probability is wanted, by the places before them, rising.</summary>
    internal IReadOnlyList<WantedToken> Wanted { get; init; } = [];
}

/// <summary>Sequences that grow side by side, each in its own stretch of one cache; one may begin with the tokens of another.</summary>
/// <remarks>
/// Stretches lie on each other as on a stack. What a sequence shares it does not copy: its rows see the rows of the other, and
/// those that the other one shares, and so on.
/// </remarks>
public sealed class DecodingBatch : IDisposable
{
    readonly LlamaModel _model;
    readonly KvCache _cache;
    readonly int _rows;
    readonly List<Stretch> _sequences = [];

    /// <summary>Reserves a cache without sequences.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Tokens that all sequences may have together.</param>
    public DecodingBatch(LlamaModel model, int rows)
    {
        (_model, _rows) = (model, rows);
        _cache = new(model.Config, rows);
    }

    /// <summary>Reserves a cache with sequences that share nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="capacities">Tokens that each sequence may reach.</param>
    public DecodingBatch(LlamaModel model, IReadOnlyList<int> capacities)
        : this(model, capacities.Sum())
    {
        foreach (int capacity in capacities)
        {
            Add(capacity);
        }
    }

    /// <summary>Whether sequences can share tokens; not where RoPE depends on the length of the whole text.</summary>
    public static bool CanShare(LlamaModel model) => !model.Config.RopeScaling.DependsOnLength;

    /// <summary>Bytes of the cache for each token.</summary>
    public static long BytesPerToken(ModelConfig config) =>
        2L * sizeof(float) * config.NumHiddenLayers * config.NumKeyValueHeads * config.HeadDim;

    /// <summary>
    /// Is told where the heads look from each row that logits are asked of, layer by layer, before the logits; null for nobody.
    /// </summary>
    public AttentionAction? Observer { get; set; }

    /// <summary>Rows of the cache that no sequence has reserved.</summary>
    public int RowsLeft => _rows - (_sequences.Count == 0 ? 0 : _sequences[^1].Start + _sequences[^1].Capacity);

    /// <summary>Adds a sequence and returns its number, the next one.</summary>
    /// <param name="capacity">Tokens that it may reach, without those it shares.</param>
    /// <param name="with">The sequence whose tokens it begins with; −1 for none.</param>
    /// <remarks>It shares what the other one has when it gets tokens of its own, and sees nothing of what that gets later.</remarks>
    /// <exception cref="ArgumentException">The cache is too small, or nothing can be shared.</exception>
    public int Add(int capacity, int with = -1)
    {
        if (capacity > RowsLeft || with >= _sequences.Count || (with >= 0 && !CanShare(_model)))
        {
            throw new ArgumentException(
                $"A sequence of {capacity} tokens that begins with sequence {with} does not fit: {RowsLeft} rows are left, and there are {_sequences.Count} sequences.",
                nameof(capacity));
        }
        _sequences.Add(new(with < 0 ? null : _sequences[with], _rows - RowsLeft, capacity));
        return _sequences.Count - 1;
    }

    /// <summary>Gives up the sequences from a number on, and their rows of the cache.</summary>
    public void Release(int first) => _sequences.RemoveRange(first, _sequences.Count - first);

    /// <summary>Tokens of a sequence, with those it shares.</summary>
    public int LengthOf(int sequence) => _sequences[sequence].Length;

    /// <summary>Forgets a sequence's tokens from a place on; those before stay computed.</summary>
    /// <param name="sequence">Its number.</param>
    /// <param name="length">How many stay; at least those it shares.</param>
    /// <returns>How many did stay: none where RoPE depends on the length of the whole text.</returns>
    public int Rewind(int sequence, int length)
    {
        Stretch stretch = _sequences[sequence];
        int shared = stretch.Length - stretch.Own;
        ArgumentOutOfRangeException.ThrowIfLessThan(length, shared);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, stretch.Length);
        stretch.Own = CanShare(_model) ? length - shared : 0;
        return stretch.Length;
    }

    /// <summary>
    /// Appends tokens and hands out the logits [V] after the last token of each piece that is asked; they are valid during the call only.
    /// </summary>
    /// <exception cref="ArgumentException">A piece is empty or its sequence's capacity is exceeded.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two passes.</exception>
    public void Extend(IReadOnlyList<SequencePiece> pieces, LogitsAction logits, CancellationToken cancel = default) =>
        Run(pieces, piece => piece.IsAsked ? [piece.Tokens.Count - 1] : [], (runs, hidden, workspace) =>
        {
            Rows scores = workspace.Rows(hidden.Count, _model.Config.VocabSize);
            Gemm.MultiplyTransposed(hidden, _model.Head.Matrix, 0, scores.Width, scores, add: false);
            int next = 0;
            foreach (CacheRun run in runs.Where(r => r.Outputs.Count > 0))
            {
                logits(run.Piece.Sequence, scores[next++]);
            }
        }, cancel);

    /// <summary>Appends tokens and hands out log-probabilities of the wanted ones, piece by piece, in order.</summary>
    /// <inheritdoc cref="Extend(IReadOnlyList{SequencePiece}, LogitsAction, CancellationToken)"/>
    internal void Score(IReadOnlyList<SequencePiece> pieces, TokenScoreAction score, CancellationToken cancel) =>
        Run(
            pieces,
            piece => [.. piece.Wanted.Select(w => w.After).Distinct()],
            (runs, hidden, workspace) =>
            {
                List<(int Row, int Sequence, WantedToken Token)> wanted = [];
                int before = 0;
                foreach (CacheRun run in runs)
                {
                    foreach (WantedToken token in run.Piece.Wanted.Where(w => w.After >= run.First && w.After < run.First + run.Count))
                    {
                        wanted.Add((before + run.Outputs.BinarySearch(token.After), run.Piece.Sequence, token));
                    }
                    before += run.Outputs.Count;
                }
                Rows rows = workspace.Rows(wanted.Count, hidden.Width);
                for (int n = 0; n < wanted.Count; n++)
                {
                    hidden[wanted[n].Row].CopyTo(rows[n]);
                }
                float[] logProbs = new float[wanted.Count];
                int[] top = new int[wanted.Count];
                TokenLogProbs.Forward(
                    rows,
                    _model.Head.Matrix,
                    wanted.Select(w => w.Token.Target).ToArray(),
                    logProbs,
                    new float[wanted.Count],
                    top);
                for (int n = 0; n < wanted.Count; n++)
                {
                    score(wanted[n].Sequence, wanted[n].Token, logProbs[n], top[n] == wanted[n].Token.Target);
                }
            },
            cancel);

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    void Run(
        IReadOnlyList<SequencePiece> pieces,
        Func<SequencePiece, List<int>> outputs,
        Action<IReadOnlyList<CacheRun>, Rows, Workspace> read,
        CancellationToken cancel)
    {
        foreach (SequencePiece piece in pieces)
        {
            Stretch stretch = _sequences[piece.Sequence];
            if (piece.Tokens.Count == 0 || stretch.Own + piece.Tokens.Count > stretch.Capacity)
            {
                throw new ArgumentException(
                    $"Sequence {piece.Sequence} has {stretch.Own} of {stretch.Capacity} tokens; {piece.Tokens.Count} more cannot be added.",
                    nameof(pieces));
            }
        }
        foreach (IReadOnlyList<CacheRun> runs in CacheRun.Passes(pieces, outputs))
        {
            cancel.ThrowIfCancellationRequested();
            using CachePass pass = new(_model, _cache, _sequences, runs, Observer);
            if (pass.Outputs is { } hidden)
            {
                read(runs, hidden, pass.Scratch);
            }
        }
    }
}

/// <summary>Receives the logits of one sequence.</summary>
/// <param name="sequence">Its number in the batch.</param>
/// <param name="logits">[V]; valid during the call only.</param>
public delegate void LogitsAction(int sequence, ReadOnlySpan<float> logits);

/// <summary>Receives the log-probability of one token.</summary>
/// <param name="sequence">The sequence's number in the batch.</param>
/// <param name="token">Which token.</param>
/// <param name="logProb">Nats.</param>
/// <param name="isTop">Whether no token is more likely.</param>
delegate void TokenScoreAction(int sequence, WantedToken token, float logProb, bool isTop);
