using Farsight.Engine.Inference;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Decodes prompts on the device, several at a time. Beginnings that prompts share are computed for each of them.</summary>
/// <param name="model">The model.</param>
/// <param name="prompts">Token ids of the prompts.</param>
/// <param name="maxNewTokens">[prompts] maximum number of new tokens.</param>
/// <param name="positions">[prompts][tokens] positions, after which new tokens continue in steps of 1; null for 0, 1, 2, ….</param>
sealed class DeviceDecoder(
    DeviceModel model, IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<int> maxNewTokens,
    IReadOnlyList<IReadOnlyList<int>?>? positions)
{
    // Bounds of the sequences that are decoded together.
    const int BatchSize = 64;
    const long CacheBytes = 4L << 30;

    /// <summary>Decodes all prompts.</summary>
    /// <param name="choose">Chooses each token.</param>
    /// <param name="cancel">Checked between two passes.</param>
    internal void Run(TokenChoice choose, CancellationToken cancel)
    {
        Queue<int> waiting = new(Enumerable.Range(0, prompts.Count).Where(i => maxNewTokens[i] > 0));
        while (waiting.Count > 0)
        {
            List<Decoded> batch = [];
            try
            {
                long bytes = 0;
                while (waiting.TryPeek(out int prompt)
                    && batch.Count < BatchSize
                    && (batch.Count == 0 || bytes + BytesOf(prompt) <= CacheBytes))
                {
                    bytes += BytesOf(prompt);
                    batch.Add(new(waiting.Dequeue(), new(model.Host.Config, RoomOf(prompt), model.Placement)));
                }
                Run(batch, choose, cancel);
            }
            finally
            {
                batch.ForEach(d => d.Cache.Dispose());
            }
        }
    }

    void Run(IReadOnlyList<Decoded> batch, TokenChoice choose, CancellationToken cancel)
    {
        List<Decoded> open = [];
        foreach (Decoded decoded in batch)
        {
            cancel.ThrowIfCancellationRequested();
            if (Choose(decoded, Prefill(decoded), choose))
            {
                open.Add(decoded);
            }
        }
        while (open.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            float[] logits = Extend(open);
            int vocabulary = model.Host.Config.VocabSize, row = 0;
            open = [.. open.Where(d => Choose(d, logits.AsSpan(row++ * vocabulary, vocabulary), choose))];
        }
    }

    /// <summary>Chooses the next token and returns whether it is to be followed by another.</summary>
    bool Choose(Decoded decoded, ReadOnlySpan<float> logits, TokenChoice choose)
    {
        if (choose(decoded.Prompt, logits) is not { } token || ++decoded.Count == maxNewTokens[decoded.Prompt])
        {
            return false;
        }
        decoded.Token = token;
        return true;
    }

    /// <summary>Computes a prompt, fills its cache and returns the logits after it: [V].</summary>
    float[] Prefill(Decoded decoded)
    {
        IReadOnlyList<int> tokens = prompts[decoded.Prompt];
        int[] placed = [.. Enumerable.Range(0, tokens.Count).Select(i => PositionOf(decoded.Prompt, i))];
        // One more token makes the last row predict something; at the same position, so that the sequence is not longer.
        bool[] scored = [.. tokens.Select(_ => false), true];
        TokenTreeBuilder builder = new();
        builder.Add(TokenTreeBuilder.Root, [.. tokens, tokens[^1]], [.. placed, placed[^1]], scored);
        TokenTree tree = builder.Build();

        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using DeviceRows rows = new(model.Host.Config, tree, null, model.Placement) { Cache = decoded.Cache };
        Tensor last = model.Through(model.Embedded(tree), rows);
        decoded.Cache.Length = tokens.Count;
        return model.Logits(last.index_select(0, rows.ScoredRows), model.HeadOf()).ToFloats();
    }

    /// <summary>Computes the chosen tokens of sequences and returns the logits after them: [sequences · V].</summary>
    float[] Extend(IReadOnlyList<Decoded> sequences)
    {
        TokenTreeBuilder builder = new();
        foreach (Decoded decoded in sequences)
        {
            builder.Add(TokenTreeBuilder.Root, [decoded.Token], [PositionOf(decoded.Prompt, decoded.Cache.Length)], scored: false);
        }
        TokenTree tree = builder.Build();

        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using RowRotations rotations = new(model.Host.Config, TreeLayout.RotationsOf(model.Host.Config, tree), model.Placement);
        DecodingRows rows = new(model.Host.Config, rotations, [.. sequences.Select(d => d.Cache)]);
        Tensor last = model.Through(model.Embedded(tree), rows);
        foreach (Decoded decoded in sequences)
        {
            decoded.Cache.Length++;
        }
        return model.Logits(last, model.HeadOf()).ToFloats();
    }

    int PositionOf(int prompt, int index) => positions?[prompt] is not { } given ? index
        : index < given.Count ? given[index]
        : given[^1] + 1 + index - given.Count;

    // The last new token is not fed.
    int RoomOf(int prompt) => prompts[prompt].Count + maxNewTokens[prompt] - 1;

    long BytesOf(int prompt)
    {
        ModelConfig config = model.Host.Config;
        return 2L * config.NumHiddenLayers * config.KeyWidth * RoomOf(prompt) * (model.Placement.Type == ScalarType.Float32 ? 4 : 2);
    }

    /// <summary>Represents a sequence while it is decoded.</summary>
    sealed class Decoded(int prompt, SequenceCache cache)
    {
        internal int Prompt => prompt;

        internal SequenceCache Cache => cache;

        /// <summary>Number of new tokens.</summary>
        internal int Count { get; set; }

        /// <summary>The newest token, which is not computed yet.</summary>
        internal int Token { get; set; }
    }
}
