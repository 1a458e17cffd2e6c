using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>Represents new tokens of one sequence.</summary>
/// <param name="Sequence">Index of the sequence in the batch.</param>
/// <param name="Tokens">Token ids, at least one.</param>
public sealed record SequencePiece(int Sequence, IReadOnlyList<int> Tokens)
{
    /// <summary>Whether the logits after the last token are requested.</summary>
    internal bool WantsLogits { get; init; } = true;

    /// <summary>Tokens to be scored, ascending.</summary>
    internal IReadOnlyList<TargetToken> Targets { get; init; } = [];

    /// <summary>[tokens] their positions; null to continue after the last token of the sequence in steps of 1.</summary>
    internal IReadOnlyList<int>? Positions { get; init; }
}

/// <summary>Represents sequences that grow together in one key-value cache; one may begin with the tokens of another.</summary>
/// <remarks>
/// The cache is a stack of sequences. A sequence does not copy what it shares: its rows see the rows of the other sequence, and those
/// that the other one shares in turn. The batch owns the cache.
/// </remarks>
public sealed class DecodingBatch : IDisposable
{
    readonly DecoderModel _model;
    readonly KvCache _cache;
    readonly int _rows;
    readonly List<CachedSequence> _sequences = [];
    bool _isDisposed;

    /// <summary>Allocates a cache without sequences.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Maximum number of tokens of all sequences together.</param>
    public DecodingBatch(DecoderModel model, int rows)
    {
        (_model, _rows) = (model, rows);
        _cache = new(model.Config, rows);
    }

    /// <summary>Allocates a cache with sequences that share nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="capacities">Maximum number of tokens of each sequence.</param>
    public DecodingBatch(DecoderModel model, IReadOnlyList<int> capacities)
        : this(model, capacities.Sum())
    {
        foreach (int capacity in capacities)
        {
            Add(capacity);
        }
    }

    /// <summary>Returns whether sequences can share tokens: false if RoPE depends on the length of the whole text.</summary>
    public static bool CanShare(DecoderModel model) => !model.Config.RopeScaling.DependsOnLength;

    /// <summary>Computes the bytes of the cache per token.</summary>
    public static long BytesPerToken(ModelConfig config) =>
        2L * sizeof(float) * config.NumHiddenLayers * config.NumKeyValueHeads * config.HeadDim;

    /// <summary>
    /// Receives the attention peaks of each row whose logits are requested, layer by layer, before the logits; null for none.
    /// </summary>
    public AttentionAction? Observer { get; set; }

    /// <summary>Number of cache rows that no sequence has reserved.</summary>
    internal int RowsLeft => _rows - (_sequences.Count == 0 ? 0 : _sequences[^1].End);

    /// <summary>Adds a sequence and returns its index, the next one.</summary>
    /// <param name="capacity">Maximum number of tokens, without shared ones.</param>
    /// <param name="with">Index of the sequence whose tokens it begins with; −1 for none.</param>
    /// <remarks>The shared tokens are those that the other sequence has when this one gets its first own token.</remarks>
    /// <exception cref="ArgumentException">The cache is too small, or tokens cannot be shared.</exception>
    public int Add(int capacity, int with = -1)
    {
        if (capacity > RowsLeft || with >= _sequences.Count || (with >= 0 && !CanShare(_model)))
        {
            throw new ArgumentException(
                $"A sequence of {capacity} tokens that begins with sequence {with} does not fit: "
                + $"the batch has {_sequences.Count} sequences and {RowsLeft} free rows.",
                nameof(capacity));
        }
        _sequences.Add(new(with < 0 ? null : _sequences[with], _rows - RowsLeft, capacity));
        return _sequences.Count - 1;
    }

    /// <summary>Removes the sequences from an index on and frees their cache rows.</summary>
    public void Release(int first) => _sequences.RemoveRange(first, _sequences.Count - first);

    /// <summary>Returns the number of tokens of a sequence, including shared ones.</summary>
    public int LengthOf(int sequence) => _sequences[sequence].Length;

    /// <summary>Removes the tokens of a sequence from an index on; those before stay computed.</summary>
    /// <param name="sequence">Index of the sequence.</param>
    /// <param name="length">Number of tokens to keep; at least the shared ones.</param>
    /// <returns>Number of tokens kept: 0 if RoPE depends on the length of the whole text.</returns>
    public int Rewind(int sequence, int length)
    {
        CachedSequence rows = _sequences[sequence];
        int shared = rows.Length - rows.Own;
        ArgumentOutOfRangeException.ThrowIfLessThan(length, shared);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, rows.Length);
        rows.Own = CanShare(_model) ? length - shared : 0;
        return rows.Length;
    }

    /// <summary>Appends tokens and reports the logits [V] after the last token of each piece that requests them.</summary>
    /// <exception cref="ArgumentException">A piece is empty, or a sequence exceeds its capacity.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two passes.</exception>
    /// <exception cref="ObjectDisposedException">The batch is disposed.</exception>
    public void Extend(IReadOnlyList<SequencePiece> pieces, LogitsAction logits, CancellationToken cancel = default) =>
        Run(pieces, piece => piece.WantsLogits ? [piece.Tokens.Count - 1] : [], (runs, hidden, workspace) =>
        {
            Rows scores = Logits(_model, hidden, workspace);
            int next = 0;
            foreach (CacheRun run in runs.Where(r => r.Outputs.Count > 0))
            {
                logits(run.Piece.Sequence, scores[next++]);
            }
        }, cancel);

    /// <summary>Appends tokens and reports the log-probabilities of the target tokens, piece by piece, in order.</summary>
    /// <inheritdoc cref="Extend(IReadOnlyList{SequencePiece}, LogitsAction, CancellationToken)"/>
    internal void Score(IReadOnlyList<SequencePiece> pieces, TokenScoreAction score, CancellationToken cancel) =>
        Run(
            pieces,
            piece => [.. piece.Targets.Select(w => w.After).Distinct()],
            (runs, hidden, workspace) =>
            {
                List<(int Row, int Sequence, TargetToken Token)> targets = [];
                int before = 0;
                foreach (CacheRun run in runs)
                {
                    foreach (TargetToken token in run.Piece.Targets.Where(w => w.After >= run.First && w.After < run.First + run.Count))
                    {
                        targets.Add((before + run.Outputs.BinarySearch(token.After), run.Piece.Sequence, token));
                    }
                    before += run.Outputs.Count;
                }
                Rows rows = workspace.Rows(targets.Count, hidden.Width);
                for (int n = 0; n < targets.Count; n++)
                {
                    hidden[targets[n].Row].CopyTo(rows[n]);
                }
                float[] logProbs = new float[targets.Count];
                int[] top = new int[targets.Count];
                TokenLogProbs.Forward(
                    rows,
                    _model.Head.Matrix,
                    targets.Select(w => w.Token.Target).ToArray(),
                    logProbs,
                    new float[targets.Count],
                    top,
                    _model.LogitRule,
                    _model.Head.Arithmetic);
                for (int n = 0; n < targets.Count; n++)
                {
                    score(targets[n].Sequence, targets[n].Token, logProbs[n], top[n] == targets[n].Token.Target);
                }
            },
            cancel);

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _cache.Dispose();
    }

    /// <summary>Computes the logits [T, V] of rows after the final norm.</summary>
    internal static Rows Logits(DecoderModel model, Rows hidden, Workspace workspace)
    {
        Rows scores = workspace.Rows(hidden.Count, model.Config.VocabSize);
        Gemm.MultiplyTransposed(hidden, model.Head.Matrix, 0, scores.Width, scores, add: false, model.Head.Arithmetic);
        model.LogitRule?.Forward(scores.Span);
        return scores;
    }

    void Run(
        IReadOnlyList<SequencePiece> pieces,
        Func<SequencePiece, List<int>> outputs,
        Action<IReadOnlyList<CacheRun>, Rows, Workspace> read,
        CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        foreach (SequencePiece piece in pieces)
        {
            CachedSequence rows = _sequences[piece.Sequence];
            if (piece.Tokens.Count == 0 || rows.Own + piece.Tokens.Count > rows.Capacity)
            {
                throw new ArgumentException(
                    $"Sequence {piece.Sequence} has {rows.Own} of {rows.Capacity} tokens, so {piece.Tokens.Count} more cannot be added.",
                    nameof(pieces));
            }
        }
        foreach (IReadOnlyList<CacheRun> runs in CacheRun.Passes(pieces, outputs))
        {
            cancel.ThrowIfCancellationRequested();
            using CachePass pass = new(_model, _cache, _sequences, runs, Observer);
            if (pass.Forward() is { } hidden)
            {
                read(runs, hidden, pass.Scratch);
            }
        }
    }
}

/// <summary>Receives the logits of one sequence.</summary>
/// <param name="sequence">Index of the sequence in the batch.</param>
/// <param name="logits">[V]; valid during the call only.</param>
public delegate void LogitsAction(int sequence, ReadOnlySpan<float> logits);

/// <summary>Receives the log-probability of one token.</summary>
/// <param name="sequence">Index of the sequence in the batch.</param>
/// <param name="token">The token.</param>
/// <param name="logProb">Log-probability in nats.</param>
/// <param name="isTop">Whether no token is more likely.</param>
delegate void TokenScoreAction(int sequence, TargetToken token, float logProb, bool isTop);
