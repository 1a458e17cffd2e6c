using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents a model on the device. Its parameters are those of the model on the host.</summary>
sealed class DeviceModel : IDeviceModel
{
    const string Embeddings = "model.embed_tokens.weight", OutputHead = "lm_head.weight", LastNorm = "model.norm";

    readonly AttentionPattern? _attention;
    readonly DeviceWeights _weights;
    readonly DeviceTensor _head; // [V, D]
    readonly Scalar? _logitScale;
    readonly (Scalar Cap, Scalar Inverse)? _logitSoftcap;

    /// <summary>Copies the weights.</summary>
    /// <param name="host">The model, with its trainable parameters; kept by the caller.</param>
    /// <param name="placement">The device.</param>
    /// <param name="attention">Keys that each head attends to in training; null for all.</param>
    internal DeviceModel(DecoderModel host, Placement placement, AttentionPattern? attention)
    {
        ModelConfig config = host.Config;
        (Host, Placement, _attention) = (host, placement, attention);
        _weights = new(host, placement);
        try
        {
            Layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => new DeviceLayer(config, layer, _weights))];
            FinalNorm = _weights.Norm(LastNorm, config.HiddenSize)!;
            _head = _weights.Matrix(config.TieWordEmbeddings ? Embeddings : OutputHead, config.VocabSize, config.HiddenSize);
        }
        catch
        {
            _weights.Dispose();
            throw;
        }
        _logitScale = config.LogitScale == 1 ? null : config.LogitScale;
        _logitSoftcap = config.LogitSoftcap is { } cap ? (cap, 1 / cap) : null;
        TrainedEmbeddings = host.Parameters.FirstOrDefault(p => p.Name == Embeddings);
    }

    /// <inheritdoc/>
    public string Description => Placement.Description;

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => Host.Parameters;

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<long>> ExpertLoad => [.. Layers.Select(l => (long[])[.. l.ExpertLoad])];

    internal DecoderModel Host { get; }

    internal Placement Placement { get; }

    internal IReadOnlyList<DeviceLayer> Layers { get; }

    internal DeviceNorm FinalNorm { get; }

    /// <summary>The leaf of the head; null while it is frozen.</summary>
    internal ParameterLeaf? HeadLeaf => _head.Leaf;

    /// <summary>The parameter of the embeddings; null while they are frozen.</summary>
    internal Parameter? TrainedEmbeddings { get; }

    /// <inheritdoc/>
    public void Touch(TokenTree tree) => Host.Touch(tree);

    /// <inheritdoc/>
    public ITreePass Forward(TokenTree tree) => Run(tree, _attention, keeps: true);

    /// <inheritdoc/>
    public ITreePass Evaluate(TokenTree tree) => Run(tree, null, keeps: false);

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();

    /// <inheritdoc/>
    public void Decode(
        IReadOnlyList<IReadOnlyList<int>> prompts,
        IReadOnlyList<int> maxNewTokens,
        TokenChoice choose,
        IReadOnlyList<IReadOnlyList<int>?>? positions = null,
        CancellationToken cancel = default) => OutOfMemory.Guard(Placement.Name, () =>
    {
        Upload();
        new DeviceDecoder(this, prompts, maxNewTokens, positions).Run(choose, cancel);
    });

    /// <inheritdoc/>
    public IReadOnlyList<ContinuationScore> Score(IReadOnlyList<ScoringRequest> requests, CancellationToken cancel = default)
    {
        ContinuationScore[] scores = new ContinuationScore[requests.Count];
        foreach (ScoringGroup group in ScoringGroup.Of(Host, requests))
        {
            cancel.ThrowIfCancellationRequested();
            using ITreePass pass = Evaluate(group.Tree);
            group.Read(pass, scores);
        }
        return scores;
    }

    /// <summary>Reads the embeddings on the host: [T, D].</summary>
    internal Tensor Embedded(TokenTree tree)
    {
        Rows read = Rows.Allocate(tree.Count, Host.Config.HiddenSize);
        using AlignedBuffer memory = read.Buffer;
        Host.Embed(tree, read);
        Tensor x = empty(read.Count, read.Width, Placement.Type, Placement.Device);
        read.CopyTo(x);
        return x;
    }

    /// <summary>Computes all layers without a graph and without keeping anything: [T', D].</summary>
    internal Tensor Through(Tensor x, ILayerRows rows)
    {
        for (int layer = 0; layer < Layers.Count; layer++)
        {
            Tensor result = Layers[layer].Forward(x, rows, layer == Layers.Count - 1);
            x.Dispose();
            x = result;
        }
        return x;
    }

    /// <summary>Returns the head in the format of the activations: [V, D].</summary>
    internal Tensor HeadOf() => _head.To(Placement.Type).detach();

    /// <summary>Computes logits: [n, V], F32.</summary>
    /// <param name="hidden">[n, D] results of the last layer.</param>
    /// <param name="head">[V, D] in the format of the activations.</param>
    internal Tensor Logits(Tensor hidden, Tensor head)
    {
        Tensor logits = nn.functional.linear(FinalNorm.Forward(hidden), head).to(ScalarType.Float32);
        logits = _logitScale is { } scale ? logits.mul(scale) : logits;
        return _logitSoftcap is { } cap ? logits.mul(cap.Inverse).tanh().mul(cap.Cap) : logits;
    }

    DevicePass Run(TokenTree tree, AttentionPattern? attention, bool keeps) => OutOfMemory.Guard(Placement.Name, () =>
    {
        Upload();
        DevicePass pass = new(this, tree, attention, keeps);
        try
        {
            pass.Forward();
            return pass;
        }
        catch
        {
            pass.Dispose();
            throw;
        }
    });

    void Upload()
    {
        if (Host.MaskedHeads.Count > 0 || !Host.IsAdapterOn)
        {
            throw new InputException(
                $"The device {Placement.Name} cannot mask attention heads or switch the adapter off; use the device cpu.");
        }
        foreach (ParameterLeaf leaf in _weights.Leaves)
        {
            leaf.Upload();
        }
    }
}
