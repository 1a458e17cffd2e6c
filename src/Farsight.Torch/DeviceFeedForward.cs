using Farsight.Engine.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents the feed-forward part of a block on the device: a gated MLP, or experts of which each token uses some.</summary>
/// <remarks>
/// With experts, y = Σ over the chosen experts e of w[e] · MLP[e](x). A weight multiplies the input of an expert's down projection, as the
/// engine on the CPU does.
/// </remarks>
sealed class DeviceFeedForward
{
    static readonly Scalar s_one = 1;

    readonly MixtureOfExperts? _experts;
    readonly DeviceLinear? _router;
    readonly DeviceMlp[] _mlps;

    /// <summary>Copies the weights to the device.</summary>
    internal DeviceFeedForward(ModelConfig config, LayerNames names, DeviceWeights weights)
    {
        if (names.Router is { } router)
        {
            _experts = config.Experts!;
            _router = weights.Linear(router, _experts.Count, config.HiddenSize, bias: false);
            Load = new long[_experts.Count];
        }
        int width = _experts?.IntermediateSize ?? config.IntermediateSize;
        bool hasBias = _experts is null && config.MlpBias;
        _mlps =
        [
            .. names.Mlps.Select(m => new DeviceMlp(
                weights.Linears(m.Inputs, [width, width], config.HiddenSize, hasBias),
                weights.Linear(m.Down, config.HiddenSize, width, hasBias), width, config.Activation)),
        ];
    }

    /// <summary>Number of tokens that chose each expert, without those of recomputation: [E]; [] without experts.</summary>
    internal long[] Load { get; } = [];

    /// <summary>The leaves of what is trained.</summary>
    internal IEnumerable<ParameterLeaf> Leaves => _mlps.SelectMany(m => m.Leaves).Concat(_router?.Leaves ?? []);

    /// <summary>Computes the results.</summary>
    /// <param name="x">[n, D]</param>
    /// <param name="counts">Whether the choices count in <see cref="Load"/>.</param>
    /// <returns>[n, D]</returns>
    internal Tensor Forward(Tensor x, bool counts) =>
        _router is null ? _mlps[0].Forward(x, null) : Mixture(x, _router, _experts!, counts);

    Tensor Mixture(Tensor x, DeviceLinear router, MixtureOfExperts experts, bool counts)
    {
        int perToken = experts.PerToken;
        (Tensor weights, Tensor chosen) = router.Forward(x).to(ScalarType.Float32).softmax(-1).topk(perToken, -1);
        if (experts.NormalizesWeights)
        {
            weights = weights.div(weights.sum([-1], keepdim: true));
        }
        weights = weights.reshape(-1, 1).to(x.dtype); // [n · k, 1]
        long[] choices = chosen.reshape(-1).cpu().data<long>().ToArray();
        Tensor result = zeros_like(x);
        foreach (IGrouping<long, int> pairs in Enumerable.Range(0, choices.Length).GroupBy(pair => choices[pair]).OrderBy(g => g.Key))
        {
            Tensor rows = Indices(pairs.Select(p => (long)(p / perToken)), x.device), own = Indices(pairs.Select(p => (long)p), x.device);
            Load[pairs.Key] += counts ? pairs.Count() : 0;
            Tensor part = _mlps[pairs.Key].Forward(x.index_select(0, rows), weights.index_select(0, own));
            result = result.index_add_(0, rows, part, s_one);
        }
        return result;
    }

    static Tensor Indices(IEnumerable<long> indices, Device device) => tensor(indices.ToArray()).to(device);
}

/// <summary>Represents a gated MLP, y = Down(w · act(Gate(x)) · Up(x)).</summary>
/// <param name="inputs">Gate and up, or one layer for both.</param>
/// <param name="down">Down projection.</param>
/// <param name="width">F.</param>
/// <param name="activation">act.</param>
sealed class DeviceMlp(DeviceLinear[] inputs, DeviceLinear down, int width, GateActivation activation)
{
    /// <summary>The leaves of what is trained.</summary>
    internal IEnumerable<ParameterLeaf> Leaves => inputs.Append(down).SelectMany(l => l.Leaves);

    /// <summary>Computes the results.</summary>
    /// <param name="x">[n, D]</param>
    /// <param name="weights">[n, 1], or null for 1.</param>
    /// <returns>[n, D]</returns>
    internal Tensor Forward(Tensor x, Tensor? weights)
    {
        Tensor gate, up;
        if (inputs is [var fused])
        {
            Tensor both = fused.Forward(x);
            (gate, up) = (both.narrow(1, 0, width), both.narrow(1, width, width));
        }
        else
        {
            (gate, up) = (inputs[0].Forward(x), inputs[1].Forward(x));
        }
        Tensor activated = activation == GateActivation.Silu
            ? nn.functional.silu(gate)
            : nn.functional.gelu(gate, TorchSharp.Modules.GELU.Approximate.tanh);
        Tensor hidden = activated.mul(up);
        return down.Forward(weights is null ? hidden : hidden.mul(weights));
    }
}
