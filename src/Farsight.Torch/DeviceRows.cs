using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents the rows of a tree on the device: their rotations, and the attention between them.</summary>
sealed class DeviceRows : ILayerRows, IDisposable
{
    readonly ModelConfig _config;
    readonly Device _device;
    readonly AttentionKernel _attention;
    readonly TreeLayout _layout;
    readonly Tensor _lastRows; // [T']
    readonly RowRotations _rotations;
    readonly Dictionary<(bool IsLast, int Window), IReadOnlyList<AttentionPart[]>> _parts = [];

    /// <summary>Copies rotations and indices to the device.</summary>
    internal DeviceRows(ModelConfig config, TokenTree tree, AttentionPattern? pattern, Placement placement)
    {
        (_config, _device, _attention) = (config, placement.Device, new(config));
        _layout = TreeLayout.Of(config, tree, pattern);
        using DisposeScope scope = NewDisposeScope();
        _lastRows = Indices(_layout.LastRows).DetachFromDisposeScope();
        ScoredRows = Indices(_layout.ScoredRows).DetachFromDisposeScope();
        Targets = Indices([.. tree.Scored.Select(s => s.Target)]).DetachFromDisposeScope();
        _rotations = new(config, _layout.Rotations, placement);
    }

    /// <summary>[N] the row among those of the last layer that predicts each scored token.</summary>
    internal Tensor ScoredRows { get; }

    /// <summary>[N] the scored tokens.</summary>
    internal Tensor Targets { get; }

    /// <summary>Caches that receive keys and values, each of some rows in their order.</summary>
    internal IReadOnlyList<(SequenceCache Cache, IReadOnlyList<KeyRange> Rows)> Caches { get; init; } = [];

    public Tensor Select(Tensor rows, bool isLast) => isLast ? rows.index_select(0, _lastRows) : rows;

    public Tensor Rotate(Tensor heads, int layer, bool isSelected) => _rotations.Apply(heads, layer, isSelected ? _lastRows : null);

    public Tensor Attend(Tensor q, Tensor k, Tensor v, int layer, bool isLast)
    {
        foreach ((SequenceCache cache, IReadOnlyList<KeyRange> rows) in Caches)
        {
            cache.Store(layer, Of(k, rows), Of(v, rows));
        }
        Tensor[] byHeads = [.. Parts(isLast, _config.WindowOf(layer) ?? int.MaxValue)
            .Select(parts => Joined([.. parts.Select(p => Attend(p, q, k, v))], 0))];
        return Joined(byHeads, 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lastRows.Dispose();
        ScoredRows.Dispose();
        Targets.Dispose();
        _rotations.Dispose();
        foreach (AttentionPart part in _parts.Values.SelectMany(p => p).SelectMany(p => p))
        {
            part.Mask?.Dispose();
        }
    }

    IReadOnlyList<AttentionPart[]> Parts(bool isLast, int window)
    {
        if (!_parts.TryGetValue((isLast, window), out IReadOnlyList<AttentionPart[]>? parts))
        {
            parts = AttentionPart.Of(
                isLast ? _layout.LastSpans : _layout.Spans, window, _config.NumAttentionHeads, _attention.NeedsMask, _device);
            _parts.Add((isLast, window), parts);
        }
        return parts;
    }

    /// <summary>Computes the attention of one part: [queries, heads · Dh].</summary>
    Tensor Attend(AttentionPart part, Tensor q, Tensor k, Tensor v)
    {
        HeadRange heads = part.Heads;
        int ofKey = _config.NumAttentionHeads / _config.NumKeyValueHeads; // query heads of a key head
        bool isWhole = heads.Start % ofKey == 0 && heads.Count % ofKey == 0;
        int group = isWhole ? ofKey : 1, keyHeads = heads.Count / group;
        long width = q.size(2);
        Tensor queries = q.narrow(0, part.FirstQuery, part.Count).narrow(1, heads.Start, heads.Count)
            .reshape(part.Count, keyHeads, group, width).permute(1, 2, 0, 3);
        Tensor found = _attention.Forward(queries, KeyHeads(k), KeyHeads(v), part.Mask, part.IsCausal);
        return found.permute(2, 0, 1, 3).reshape(part.Count, heads.Count * width);

        // [key heads, keys, Dh]
        Tensor KeyHeads(Tensor x)
        {
            Tensor rows = Of(x, part.Keys);
            Tensor own = isWhole
                ? rows.narrow(1, heads.Start / ofKey, keyHeads)
                : rows.index_select(1, Indices([.. Enumerable.Range(heads.Start, heads.Count).Select(h => h / ofKey)]));
            return own.permute(1, 0, 2);
        }
    }

    static Tensor Of(Tensor x, IReadOnlyList<KeyRange> rows) => Joined([.. rows.Select(r => x.narrow(0, r.Start, r.Count))], 0);

    static Tensor Joined(Tensor[] tensors, long dimension) => tensors.Length == 1 ? tensors[0] : cat(tensors, dimension);

    Tensor Indices(IReadOnlyList<int> indices) => tensor(indices.Select(i => (long)i).ToArray()).to(_device);
}
