using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference;

/// <summary>
/// Represents sequences that come and go in one key-value cache. The tokens of finished sequences stay in it, so that later sequences
/// which begin with them compute the rest only.
/// </summary>
/// <remarks>
/// The cache is a tree of branches. When rows are needed, the branches that were not used for the longest time are removed, ends before
/// beginnings. A sequence is opened with rows for its prompt and a few new tokens, and gets more as it grows, so that long limits do not
/// keep other sequences away. Where running sequences hold all rows, the caller closes one of them and opens it again later: its
/// computed tokens stay in the cache until their rows are needed. The last sequence can always grow to its limit.
/// If RoPE depends on the length of the text, computing tokens again would change them, so all rows are reserved at once.
/// The other sequences of a step, and the places of the rows, can change the last bits of the logits, as with <see cref="PromptDecoder"/>.
/// Not safe for concurrent use.
/// </remarks>
public sealed class ContinuousBatch : IDisposable
{
    // Shorter beginnings are not worth a branch.
    const int LeastShared = 8;

    // Rows for new tokens that are reserved at a time.
    const int Growth = 64;

    // Rows of logits that exist at a time.
    const int LogitRows = 64;

    readonly DecoderModel _model;
    readonly KvCache _cache;
    readonly RowPool _rows;
    readonly List<SequenceBranch> _roots = [];
    readonly bool _canShare;
    long _uses;

    /// <summary>Allocates the cache.</summary>
    /// <param name="model">The model; not disposed here.</param>
    /// <param name="rows">Maximum number of tokens of all sequences together.</param>
    /// <param name="format">Format of the keys and values; see <see cref="BytesPerToken"/>.</param>
    /// <exception cref="InputException">The format cannot hold keys and values of the model.</exception>
    public ContinuousBatch(DecoderModel model, int rows, NumberFormat format = NumberFormat.F32)
    {
        (_model, _cache, _rows, _canShare) = (model, new(model.Config, rows, format), new(rows), DecodingBatch.CanShare(model));
        Capacity = rows;
    }

    /// <summary>Maximum number of tokens of all sequences together.</summary>
    public int Capacity { get; }

    /// <summary>Number of cache rows that no sequence holds.</summary>
    public int FreeRows => _rows.Free;

    /// <summary>Computes the bytes of the cache per token.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="format">F32, BF16 or Q8_0. The others than F32 need memory for one layer in F32 as well.</param>
    /// <exception cref="InputException">The format cannot hold keys and values of the model.</exception>
    public static long BytesPerToken(ModelConfig config, NumberFormat format) => KvCache.BytesPerRow(config, format);

    /// <summary>Opens a sequence. It begins with the longest computed beginning of its prompt; its last token is always computed.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="maxNewTokens">Maximum number of tokens that are appended.</param>
    /// <param name="reuses">Whether computed tokens may be used. Without it all tokens are computed, in the same way each time.</param>
    /// <returns>The sequence; null if the cache has too few rows until a running sequence ends.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, or the sequence is longer than the cache.</exception>
    public SequenceBranch? TryOpen(IReadOnlyList<int> prompt, int maxNewTokens, bool reuses = true)
    {
        long whole = prompt.Count + Math.Max(0L, maxNewTokens - 1); // the last token is not computed
        if (prompt.Count == 0 || whole > Capacity)
        {
            throw new ArgumentException($"A sequence has {whole} tokens; the cache holds 1 to {Capacity}.", nameof(prompt));
        }
        int first = _canShare ? (int)Math.Min(whole, prompt.Count + Growth) : (int)whole;
        (SequenceBranch? parent, int own, int shared) = reuses ? Longest(prompt, prompt.Count - 1, planned: false) : default;
        if (Take(first - shared, first - shared, parent) is { } rows)
        {
            return Add(prompt, parent, own, shared, rows, (int)whole - shared);
        }
        return parent is not null && Take(first, first, null) is { } alone ? Add(prompt, null, 0, 0, alone, (int)whole) : null;
    }

    /// <summary>Reserves rows for the tokens of a running sequence, and for some to come.</summary>
    /// <returns>False if running sequences hold all rows.</returns>
    /// <exception cref="ArgumentException">The sequence has more tokens than it was opened for.</exception>
    public bool TryGrow(SequenceBranch branch)
    {
        if (branch.Tokens.Count > branch.MaxTokens)
        {
            throw new ArgumentException(
                $"The sequence was opened for {branch.MaxTokens} tokens of its own and has {branch.Tokens.Count}.", nameof(branch));
        }
        while (branch.Tokens.Count > branch.Rows.Capacity)
        {
            int wanted = Math.Min(Growth, branch.MaxTokens - branch.Rows.Capacity), end = branch.Rows.End;
            KeyRange? more = _rows.TakeAt(end, wanted) is > 0 and var count ? new(end, count) : Take(wanted, 1, null);
            if (more is null)
            {
                return false;
            }
            branch.Rows.Grow(more.Value);
        }
        return true;
    }

    /// <summary>Returns how much longer the computed beginning of a prompt will be when the running prompts are computed.</summary>
    public int ExpectedGain(IReadOnlyList<int> prompt) =>
        Longest(prompt, prompt.Count - 1, planned: true).Shared - Longest(prompt, prompt.Count - 1, planned: false).Shared;

    /// <summary>Computes remaining tokens of sequences in one pass.</summary>
    /// <param name="work">Sequences, each at most once, with the number of their remaining tokens to compute, at least 1.</param>
    /// <param name="logits">Receives the logits after the last token of each sequence, or after every token of it.</param>
    /// <param name="observer">
    /// Receives the attention peaks of each row with logits, before these, with the index of its sequence in the work; null for none.
    /// </param>
    /// <exception cref="ArgumentException">A token has no row; call <see cref="TryGrow"/> before.</exception>
    public void Step(IReadOnlyList<BranchWork> work, BranchLogits logits, AttentionAction? observer = null)
    {
        CachedSequence[] sequences = [.. work.Select(w => w.Branch.Rows)];
        int[] known = [.. sequences.Select(s => s.Own)];
        List<CacheRun> runs = [];
        List<(SequenceBranch Branch, int Token)> outputs = [];
        foreach ((int i, BranchWork part) in work.Index())
        {
            SequencePiece piece = new(i, part.Branch.Tokens[known[i]..]); // all that remains, on which some RoPE scalings depend
            int first = part.WantsAll ? 0 : part.Count < piece.Tokens.Count ? part.Count : part.Count - 1;
            runs.AddRange(Runs(sequences[i], piece, part.Count, first));
            outputs.AddRange(Enumerable.Range(first, part.Count - first).Select(w => (part.Branch, known[i] + w)));
            part.Branch.LastUse = ++_uses;
        }
        try
        {
            using CachePass pass = new(_model, _cache, sequences, runs, observer);
            if (pass.Forward() is { } hidden)
            {
                Read(hidden, outputs, pass.Scratch, logits);
            }
        }
        catch
        {
            foreach ((int i, CachedSequence sequence) in sequences.Index())
            {
                sequence.Own = known[i]; // their rows may not be written
            }
            throw;
        }
    }

    /// <summary>Ends a sequence; its computed tokens stay in the cache for others.</summary>
    /// <param name="branch">The sequence.</param>
    /// <param name="keeps">Whether later sequences may begin with its tokens.</param>
    public void Close(SequenceBranch branch, bool keeps = true)
    {
        branch.IsRunning = false;
        branch.Tokens.RemoveRange(branch.Rows.Own, branch.Remaining);
        Return(branch.Rows.Trim(branch.Rows.Own));
        if (branch.Children.Count == 0 && (!keeps || !_canShare || branch.Rows.Own == 0 || IsKnown(branch)))
        {
            Remove(branch);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    /// <summary>Splits the next tokens of a sequence into runs whose rows are adjacent.</summary>
    /// <param name="sequence">Rows of the sequence.</param>
    /// <param name="piece">All remaining tokens.</param>
    /// <param name="count">Number of tokens to compute.</param>
    /// <param name="firstOutput">Index of the first token whose output is requested.</param>
    static IEnumerable<CacheRun> Runs(CachedSequence sequence, SequencePiece piece, int count, int firstOutput)
    {
        IReadOnlyList<KeyRange> rows = sequence.From(sequence.Own);
        if (rows.Sum(r => r.Count) < count)
        {
            throw new ArgumentException($"The sequence has no rows for {count} more tokens; let it grow first.", nameof(count));
        }
        int first = 0;
        foreach (KeyRange range in rows)
        {
            int end = Math.Min(count, first + range.Count), output = Math.Max(first, firstOutput);
            if (end > first)
            {
                yield return new(piece, first, end - first, [.. Enumerable.Range(output, Math.Max(0, end - output))]);
            }
            first = end;
        }
    }

    SequenceBranch Add(IReadOnlyList<int> prompt, SequenceBranch? parent, int own, int shared, KeyRange rows, int maxTokens)
    {
        SequenceBranch branch = new(parent, own, shared, prompt.Skip(shared), new(parent?.Rows.Before(own) ?? [], rows), maxTokens);
        (parent?.Children ?? _roots).Add(branch);
        for (SequenceBranch? used = branch; used is not null; used = used.Parent)
        {
            used.LastUse = ++_uses;
        }
        return branch;
    }

    /// <summary>
    /// Takes adjacent rows; removes what no running sequence uses until there are enough, and nothing if there cannot be.
    /// </summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="least">Number of rows that are enough where there cannot be as many.</param>
    /// <param name="kept">A branch that is not removed, and neither are those with which it begins; null for none.</param>
    KeyRange? Take(int count, int least, SequenceBranch? kept)
    {
        if (_rows.Take(count) is { } free)
        {
            return new(free, count);
        }
        HashSet<SequenceBranch> staying = [];
        foreach (SequenceBranch used in Below(_roots).Where(b => b.IsRunning || b == kept))
        {
            for (SequenceBranch? branch = used; branch is not null && staying.Add(branch); branch = branch.Parent)
            {
            }
        }
        List<SequenceBranch> removable = [.. Below(_roots).Where(b => !staying.Contains(b))];
        (SequenceBranch Branch, int Used)[] partly =
        [
            .. staying.Where(b => !b.IsRunning && b != kept)
                .Select(b => (b, b.Children.Where(staying.Contains).Max(c => c.ParentTokens))),
        ];
        int possible = Math.Min(
            count, _rows.LongestWith([.. removable.SelectMany(b => b.Rows.Ranges), .. partly.SelectMany(p => p.Branch.Rows.From(p.Used))]));
        if (possible < least)
        {
            return null;
        }
        while (true)
        {
            if (removable.Where(b => b.Children.Count == 0).MinBy(b => b.LastUse) is { } oldest)
            {
                removable.Remove(oldest);
                Remove(oldest);
            }
            else
            {
                foreach ((SequenceBranch branch, int used) in partly) // no sequence uses their ends
                {
                    branch.Tokens.RemoveRange(used, branch.Tokens.Count - used);
                    Return(branch.Rows.Trim(used));
                }
            }
            if (_rows.Take(possible) is { } start)
            {
                return new(start, possible);
            }
        }
    }

    void Return(IEnumerable<KeyRange> rows)
    {
        foreach (KeyRange range in rows)
        {
            _rows.Return(range);
        }
    }

    void Remove(SequenceBranch branch)
    {
        (branch.Parent?.Children ?? _roots).Remove(branch);
        Return(branch.Rows.Ranges);
    }

    /// <summary>Returns whether other branches have all tokens of a branch.</summary>
    bool IsKnown(SequenceBranch branch)
    {
        List<int> text = branch.Text();
        return Longest(text, text.Count, planned: false, except: branch).Shared == text.Count;
    }

    /// <summary>Finds the branch that shares the longest beginning with a text.</summary>
    /// <returns>The branch, the number of its own tokens that are shared, and that of all shared tokens; nothing for few.</returns>
    (SequenceBranch? Branch, int Own, int Shared) Longest(
        IReadOnlyList<int> text, int limit, bool planned, SequenceBranch? except = null)
    {
        (SequenceBranch? Branch, int Own, int Shared) best = default;
        Stack<(SequenceBranch Branch, int Offset)> open = new(_canShare ? _roots.Select(r => (r, 0)) : []);
        while (open.TryPop(out (SequenceBranch Branch, int Offset) next))
        {
            if (next.Branch == except)
            {
                continue;
            }
            int own = next.Branch.Common(text, next.Offset, limit, planned);
            if (own > 0 && next.Offset + own > best.Shared)
            {
                best = (next.Branch, own, next.Offset + own);
            }
            foreach (SequenceBranch child in next.Branch.Children.Where(c => c.ParentTokens <= own))
            {
                open.Push((child, next.Offset + child.ParentTokens));
            }
        }
        return best.Shared >= LeastShared ? best : default;
    }

    static IEnumerable<SequenceBranch> Below(IEnumerable<SequenceBranch> branches)
    {
        Stack<SequenceBranch> open = new(branches);
        while (open.TryPop(out SequenceBranch? branch))
        {
            yield return branch;
            branch.Children.ForEach(open.Push);
        }
    }

    void Read(Rows hidden, List<(SequenceBranch Branch, int Token)> outputs, Workspace workspace, BranchLogits logits)
    {
        Rows buffer = workspace.Rows(Math.Min(LogitRows, hidden.Count), _model.Config.VocabSize);
        for (int first = 0; first < hidden.Count; first += LogitRows)
        {
            int count = Math.Min(LogitRows, hidden.Count - first);
            Rows scores = buffer.Slice(0, count);
            Gemm.MultiplyTransposed(
                hidden.Slice(first, count), _model.Head.Matrix, 0, scores.Width, scores, add: false, _model.Head.Arithmetic);
            _model.LogitRule?.Forward(scores.Span);
            for (int row = 0; row < count; row++)
            {
                logits(outputs[first + row].Branch, outputs[first + row].Token, scores[row]);
            }
        }
    }
}

/// <summary>Represents the part of a sequence that one step computes.</summary>
/// <param name="Branch">The sequence.</param>
/// <param name="Count">Number of its remaining tokens to compute.</param>
/// <param name="WantsAll">Whether the logits after each of these tokens are wanted, not only those after the last remaining one.</param>
public readonly record struct BranchWork(SequenceBranch Branch, int Count, bool WantsAll = false);

/// <summary>Receives the logits after a token.</summary>
/// <param name="branch">The sequence.</param>
/// <param name="token">Index of the token among the branch's own.</param>
/// <param name="logits">[V]; valid during the call only.</param>
public delegate void BranchLogits(SequenceBranch branch, int token, ReadOnlySpan<float> logits);
