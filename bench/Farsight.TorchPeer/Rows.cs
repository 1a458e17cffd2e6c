using static TorchSharp.torch;

namespace Farsight.TorchPeer;

/// <summary>Represents a token whose log-probability is wanted, and the row that predicts it.</summary>
readonly record struct Scored(int Row, long Target);

/// <summary>Represents rows of tokens: their places, which rows they see, and which of them predict what is scored.</summary>
abstract class Rows
{
    const double Theta = 10000;

    protected Rows(int headDim, ScalarType type, long[] tokens, long[] positions, IReadOnlyList<Scored> scored)
    {
        Tokens = tokens;
        ScoredRows = tensor(scored.Select(s => (long)s.Row).ToArray());
        Targets = tensor(scored.Select(s => s.Target).ToArray());
        double[] frequencies = [.. Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(Theta, -2.0 * i / headDim))];
        using DisposeScope scope = NewDisposeScope();
        Tensor angles = tensor(positions).to(ScalarType.Float64).unsqueeze(1) * tensor(frequencies).unsqueeze(0);
        Tensor both = cat([angles, angles], 1).unsqueeze(1);
        Cos = both.cos().to(type).MoveToOuterDisposeScope();
        Sin = both.sin().to(type).MoveToOuterDisposeScope();
    }

    /// <summary>[R]</summary>
    internal long[] Tokens { get; }

    /// <summary>[N] the row that predicts each scored token.</summary>
    internal Tensor ScoredRows { get; }

    /// <summary>[N] the scored tokens.</summary>
    internal Tensor Targets { get; }

    /// <summary>[R, 1, Dh]</summary>
    internal Tensor Cos { get; }

    /// <summary>[R, 1, Dh]</summary>
    internal Tensor Sin { get; }

    /// <summary>The only rows whose results of the last layer are wanted; null for all.</summary>
    internal virtual Tensor? LastRows => null;

    /// <summary>Computes the attention: [Rq, H · Dh].</summary>
    /// <param name="kind">How.</param>
    /// <param name="q">[Rq, H, Dh]; of <see cref="LastRows"/> in the last layer.</param>
    /// <param name="k">[R, Hkv, Dh]</param>
    /// <param name="v">[R, Hkv, Dh]</param>
    /// <param name="isLast">Whether it is the last layer.</param>
    internal abstract Tensor Attend(AttentionKind kind, Tensor q, Tensor k, Tensor v, bool isLast);
}

/// <summary>Represents sequences of one length in a batch. Padding follows what is read, so causality is mask enough.</summary>
sealed class BatchRows : Rows
{
    readonly int _sequences, _length;

    internal BatchRows(int headDim, ScalarType type, int sequences, long[] tokens, long[] positions, IReadOnlyList<Scored> scored)
        : base(headDim, type, tokens, positions, scored)
    {
        (_sequences, _length) = (sequences, tokens.Length / sequences);
        // The prediction of a sequence's last row is not read.
        NextTokens = tensor(Enumerable.Range(0, tokens.Length).Select(i => (i + 1) % _length == 0 ? 0 : tokens[i + 1]).ToArray());
    }

    /// <summary>[R] the token after each row's.</summary>
    internal Tensor NextTokens { get; }

    internal override Tensor Attend(AttentionKind kind, Tensor q, Tensor k, Tensor v, bool isLast)
    {
        long keyHeads = k.size(1), group = q.size(1) / keyHeads, dim = q.size(2);
        Tensor Keys(Tensor x) => x.view(_sequences, _length, keyHeads, dim).transpose(1, 2);
        Tensor queries = q.view(_sequences, _length, keyHeads, group, dim).permute(0, 2, 3, 1, 4);
        return Attention.Attend(kind, queries, Keys(k), Keys(v), null).permute(0, 3, 1, 2, 4).reshape(q.size(0), -1);
    }
}

/// <summary>Represents a prompt, once, and the responses after it, each of which sees the prompt and itself.</summary>
sealed class TreeRows : Rows
{
    readonly int _prompt;
    readonly Tensor _lastRows, _responses, _lastPrompt, _lastResponses;

    internal TreeRows(
        int headDim, ScalarType type, int prompt, IReadOnlyList<int> starts, long[] tokens, long[] positions, IReadOnlyList<Scored> scored)
        : base(headDim, type, tokens, positions, scored)
    {
        _prompt = prompt;
        int[] last = [.. scored.Select(s => s.Row).Distinct().Order()];
        _lastRows = tensor(last.Select(r => (long)r).ToArray());
        PlaceOfScored = tensor(scored.Select(s => (long)Array.BinarySearch(last, s.Row)).ToArray());
        int[] own = [.. Enumerable.Range(prompt, tokens.Length - prompt)];
        LastOfPrompt = last.Count(r => r < prompt);
        Tensor Mask(int[] rows, int keys) => MaskOf(rows, keys, prompt, starts, type);
        (_responses, _lastResponses) = (Mask(own, tokens.Length), Mask(last[LastOfPrompt..], tokens.Length));
        _lastPrompt = Mask(last[..LastOfPrompt], prompt);
    }

    internal override Tensor? LastRows => _lastRows;

    /// <summary>[N] where the row that predicts a scored token is in <see cref="LastRows"/>.</summary>
    internal Tensor PlaceOfScored { get; }

    int LastOfPrompt { get; }

    internal override Tensor Attend(AttentionKind kind, Tensor q, Tensor k, Tensor v, bool isLast)
    {
        int first = isLast ? LastOfPrompt : _prompt;
        Tensor prompt = Part(kind, q, k, v, 0, first, _prompt, isLast ? _lastPrompt : null);
        Tensor responses = Part(kind, q, k, v, first, (int)q.size(0) - first, (int)k.size(0), isLast ? _lastResponses : _responses);
        return cat([prompt, responses], 0);
    }

    static Tensor Part(AttentionKind kind, Tensor q, Tensor k, Tensor v, int first, int count, int keys, Tensor? mask)
    {
        long keyHeads = k.size(1), group = q.size(1) / keyHeads, dim = q.size(2);
        Tensor Keys(Tensor x) => x.narrow(0, 0, keys).permute(1, 0, 2).unsqueeze(0);
        Tensor queries = q.narrow(0, first, count).view(count, keyHeads, group, dim).permute(1, 2, 0, 3).unsqueeze(0);
        return Attention.Attend(kind, queries, Keys(k), Keys(v), mask).squeeze(0).permute(2, 0, 1, 3).reshape(count, -1);
    }

    /// <summary>[rows, keys] 0 where a row sees a key, else −∞.</summary>
    static Tensor MaskOf(int[] rows, int keys, int prompt, IReadOnlyList<int> starts, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor row = tensor(rows.Select(r => (long)r).ToArray()).unsqueeze(1), key = arange(keys).unsqueeze(0);
        Tensor start = tensor(rows.Select(r => (long)starts.LastOrDefault(s => s <= r, 0)).ToArray()).unsqueeze(1);
        Tensor hidden = key.gt(row).logical_or(key.ge(prompt).logical_and(key.lt(start)));
        return zeros(rows.Length, keys, type).masked_fill_(hidden, double.NegativeInfinity).MoveToOuterDisposeScope();
    }
}
