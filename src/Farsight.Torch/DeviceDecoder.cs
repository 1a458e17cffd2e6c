using Farsight.Engine.Inference;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Decodes prompts on the device, several at a time.</summary>
/// <remarks>Beginnings that prompts share are computed once, and every prompt has a cache of its own.</remarks>
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

    readonly PlacedTokens[] _prompts =
        [.. prompts.Select((p, i) => new PlacedTokens(p, p.Count, positions?[i]))];

    /// <summary>Decodes all prompts.</summary>
    /// <param name="choose">Chooses each token.</param>
    /// <param name="cancel">Checked between two passes.</param>
    internal void Run(TokenChoice choose, CancellationToken cancel)
    {
        Queue<int> waiting = new(Enumerable.Range(0, _prompts.Length).Where(i => maxNewTokens[i] > 0));
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
        foreach (List<Decoded> group in PromptForest.Groups(batch, d => _prompts[d.Prompt]))
        {
            cancel.ThrowIfCancellationRequested();
            open.AddRange(Choose(group, Prefill(group), choose));
        }
        while (open.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            open = Choose(open, Extend(open), choose);
        }
    }

    /// <summary>Chooses the next tokens and returns the sequences that continue.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="logits">[sequences · V]</param>
    /// <param name="choose">Chooses each token.</param>
    List<Decoded> Choose(IReadOnlyList<Decoded> sequences, float[] logits, TokenChoice choose)
    {
        int vocabulary = model.Host.Config.VocabSize;
        return [.. sequences.Where((d, row) => Choose(d, logits.AsSpan(row * vocabulary, vocabulary), choose))];
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

    /// <summary>Computes prompts, fills their caches and returns the logits after them: [sequences · V].</summary>
    float[] Prefill(IReadOnlyList<Decoded> sequences)
    {
        PromptForest forest = new(model.Host, [.. sequences.Select(d => _prompts[d.Prompt])]);
        for (int i = 0; i < sequences.Count; i++)
        {
            // One more token makes the last row predict something; at the same position, so that the sequence is not longer.
            PlacedTokens prompt = _prompts[sequences[i].Prompt];
            forest.Tree.Add(forest.EndOf(i), [prompt.Ids[^1]], [prompt.PositionOf(prompt.Count - 1)], scored: true);
        }
        TokenTree tree = forest.Tree.Build();

        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using DeviceRows rows = new(model.Host.Config, tree, null, model.Placement)
        {
            Caches = [.. sequences.Select((d, i) => (d.Cache, forest.RowsOf(i)))],
        };
        Tensor last = model.Through(model.Embedded(tree), rows);
        foreach (Decoded decoded in sequences)
        {
            decoded.Cache.Length = _prompts[decoded.Prompt].Count;
        }
        return model.Logits(last.index_select(0, rows.ScoredRows), model.HeadOf()).ToFloats();
    }

    /// <summary>Computes the chosen tokens of sequences and returns the logits after them: [sequences · V].</summary>
    float[] Extend(IReadOnlyList<Decoded> sequences)
    {
        TokenTreeBuilder builder = new();
        foreach (Decoded decoded in sequences)
        {
            builder.Add(TokenTreeBuilder.Root, [decoded.Token], [_prompts[decoded.Prompt].PositionOf(decoded.Cache.Length)], scored: false);
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

    // The last new token is not fed.
    int RoomOf(int prompt) => _prompts[prompt].Count + maxNewTokens[prompt] - 1;

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
