using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Farsight.TorchPeer;

/// <summary>Represents a decoder of the Llama family with random weights: frozen but for embeddings and an adapter of rank 32.</summary>
sealed class Llama
{
    const int Rank = 32;
    const double Scale = 0.5;

    readonly ScalarType _type;
    readonly AttentionKind _attention;
    readonly Tensor _head;
    readonly Norm _finalNorm;
    readonly Block[] _blocks;
    readonly long[]? _touched;
    readonly List<(string Name, TorchSharp.Modules.Parameter Value)> _parameters = [];

    /// <param name="spec">Shape of the weights.</param>
    /// <param name="type">Type of frozen weights and of activations.</param>
    /// <param name="attention">How attention is computed.</param>
    /// <param name="touched">Ascending: the only tokens whose embeddings are kept and trained; null for all.</param>
    internal Llama(Spec spec, ScalarType type, AttentionKind attention, long[]? touched)
    {
        (Spec, _type, _attention, _touched) = (spec, type, attention, touched);
        torch.random.manual_seed(0);
        int d = spec.Hidden, keys = spec.KvHeads * spec.HeadDim;
        Tensor Random(params long[] shape) => randn(shape).mul_(0.02);
        Norm NormOf() => new(ones(d).to(type));
        Tensor all = Random(spec.Vocab, d);
        Trained("embed_tokens", touched is null ? all : all.index_select(0, tensor(touched)));
        Linear LinearOf(string name, int outputs, int inputs, bool adapted) => new(
            Random(outputs, inputs).to(type),
            adapted ? Trained($"{name}.lora_A", Random(Rank, inputs)) : null,
            adapted ? Trained($"{name}.lora_B", Random(outputs, Rank)) : null);
        _blocks =
        [
            .. Enumerable.Range(0, spec.Layers).Select(layer => new Block(
                NormOf(),
                LinearOf($"{layer}.q", d, d, adapted: true),
                LinearOf($"{layer}.k", keys, d, adapted: true),
                LinearOf($"{layer}.v", keys, d, adapted: true),
                LinearOf($"{layer}.o", d, d, adapted: true),
                NormOf(),
                LinearOf($"{layer}.gate", spec.Ffn, d, adapted: false),
                LinearOf($"{layer}.up", spec.Ffn, d, adapted: false),
                LinearOf($"{layer}.down", d, spec.Ffn, adapted: false))),
        ];
        _head = Random(spec.Vocab, d).to(type);
        _finalNorm = NormOf();
    }

    internal Spec Spec { get; }

    /// <summary>Trained matrices in F32, the embeddings first.</summary>
    internal IReadOnlyList<(string Name, TorchSharp.Modules.Parameter Value)> Parameters => _parameters;

    /// <summary>Runs all blocks: [R, D], or [N', D] of the rows that are wanted of the last one.</summary>
    internal Tensor Run(Rows rows)
    {
        long[] places = _touched is null ? rows.Tokens : [.. rows.Tokens.Select(t => (long)Array.BinarySearch(_touched, t))];
        Tensor x = _parameters[0].Value.index_select(0, tensor(places)).to(_type);
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            x = _blocks[layer].Run(x, rows, Spec, _attention, layer == _blocks.Length - 1);
        }
        return x;
    }

    /// <summary>Computes logits in F32: [n, V].</summary>
    internal Tensor Logits(Tensor x) => linear(_finalNorm.Of(x), _head).to(ScalarType.Float32);

    /// <summary>The product of both is the update, times the scale; matrices are cast where they meet activations.</summary>
    internal sealed record Linear(Tensor Weight, Tensor? A, Tensor? B)
    {
        internal Tensor Of(Tensor x)
        {
            Tensor y = linear(x, Weight);
            return A is null ? y : y.add_(linear(linear(x, A.to(x.dtype)), B!.to(x.dtype)), Scale);
        }
    }

    /// <summary>An RMS norm, computed in F32.</summary>
    internal sealed record Norm(Tensor Gain)
    {
        internal Tensor Of(Tensor x)
        {
            Tensor wide = x.to(ScalarType.Float32);
            return Gain * (wide * (wide.pow(2).mean([-1], keepdim: true) + 1e-5).rsqrt()).to(x.dtype);
        }
    }

    TorchSharp.Modules.Parameter Trained(string name, Tensor start)
    {
        TorchSharp.Modules.Parameter parameter = new(start.to(ScalarType.Float32, copy: true));
        _parameters.Add((name, parameter));
        return parameter;
    }
}

/// <summary>Represents one layer: x + Attention(Norm(x)), then x + MLP(Norm(x)).</summary>
sealed record Block(
    Llama.Norm InputNorm, Llama.Linear Q, Llama.Linear K, Llama.Linear V, Llama.Linear O, Llama.Norm PostNorm, Llama.Linear Gate,
    Llama.Linear Up, Llama.Linear Down)
{
    /// <remarks>All but the result is disposed at once, as in Python; what backward needs stays in the graph.</remarks>
    internal Tensor Run(Tensor x, Rows rows, Spec spec, AttentionKind attention, bool isLast)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? wanted = isLast ? rows.LastRows : null;
        Tensor Wanted(Tensor t) => wanted is null ? t : t.index_select(0, wanted);
        Tensor h = InputNorm.Of(x);
        Tensor q = Rotate(Q.Of(Wanted(h)).view(-1, spec.Heads, spec.HeadDim), Wanted(rows.Cos), Wanted(rows.Sin));
        Tensor k = Rotate(K.Of(h).view(-1, spec.KvHeads, spec.HeadDim), rows.Cos, rows.Sin);
        Tensor v = V.Of(h).view(-1, spec.KvHeads, spec.HeadDim);
        x = Wanted(x) + O.Of(rows.Attend(attention, q, k, v, isLast));
        h = PostNorm.Of(x);
        return (x + Down.Of(silu(Gate.Of(h)) * Up.Of(h))).MoveToOuterDisposeScope();
    }

    /// <summary>Rotates pairs of a number of the first half of a head and its counterpart in the second.</summary>
    static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        long half = x.size(2) / 2;
        return x * cos + cat([-x.narrow(2, half, half), x.narrow(2, 0, half)], 2) * sin;
    }
}
