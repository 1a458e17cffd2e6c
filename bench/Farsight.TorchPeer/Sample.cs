using static TorchSharp.torch;

namespace Farsight.TorchPeer;

/// <summary>Represents a prompt with its responses, the chosen one first: [P] and [M + 1][R] random tokens.</summary>
sealed record Sample(long[] Prompt, long[][] Responses)
{
    /// <summary>[M + 1] tokens of each response.</summary>
    internal int[] Lengths => [.. Responses.Select(r => r.Length)];

    internal static Sample Random(int vocab, int prompt, IReadOnlyList<int> responses)
    {
        Random random = new(0);
        long[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextInt64(vocab))];
        return new(Tokens(prompt), [.. responses.Select(Tokens)]);
    }

    /// <summary>Returns M + 1 whole sequences, padded at the end, in a batch.</summary>
    internal BatchRows Concatenated(int headDim, ScalarType type)
    {
        int length = Prompt.Length + Lengths.Max();
        long[] Padded(long[] row) => [.. row, .. new long[length - row.Length]];
        return new(
            headDim,
            type,
            Responses.Length,
            [.. Responses.SelectMany(r => Padded([.. Prompt, .. r]))],
            [.. Responses.SelectMany(_ => Range(0, length))],
            [.. Responses.SelectMany((r, j) => r.Select((token, i) => new Scored(j * length + Prompt.Length - 1 + i, token)))]);
    }

    /// <summary>Returns the prompt once, and the responses after it.</summary>
    internal TreeRows Tree(int headDim, ScalarType type)
    {
        List<int> starts = [];
        List<Scored> scored = [];
        int next = Prompt.Length;
        foreach (long[] response in Responses)
        {
            int start = next;
            starts.Add(start);
            scored.AddRange(response.Select((token, i) => new Scored(i == 0 ? Prompt.Length - 1 : start + i - 1, token)));
            next += response.Length;
        }
        return new(
            headDim,
            type,
            Prompt.Length,
            starts,
            [.. Prompt, .. Responses.SelectMany(r => r)],
            [.. Range(0, Prompt.Length), .. Responses.SelectMany(r => Range(Prompt.Length, r.Length))],
            scored);
    }

    static long[] Range(int start, int count) => [.. Enumerable.Range(start, count).Select(i => (long)i)];
}
