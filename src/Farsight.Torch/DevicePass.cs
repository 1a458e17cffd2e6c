using Farsight.Alignment.Training;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace Farsight.Torch;

/// <summary>Represents a forward pass over a tree on the device, and its backward pass.</summary>
/// <remarks>
/// Only the inputs of the layers stay from forward to backward. Logits exist for some scored tokens at a time; backward computes them
/// again. All tensors of a pass are freed when it is disposed, also after an exception.
/// </remarks>
sealed class DevicePass : ITreePass
{
    // Logits that exist together, F32.
    const int LogitsPerTile = 1 << 25;

    readonly DeviceModel _model;
    readonly TokenTree _tree;
    readonly bool _keeps;
    readonly DeviceRows _rows;
    readonly List<Tensor> _inputs = []; // [L] of [T, D]
    readonly float[] _logProbs;
    readonly int[] _topTokens;
    Tensor? _last;                      // [T', D] result of the last layer; null once backward has run

    /// <summary>Prepares a pass.</summary>
    internal DevicePass(DeviceModel model, TokenTree tree, AttentionPattern? attention, bool keeps)
    {
        (_model, _tree, _keeps) = (model, tree, keeps);
        _rows = new(model.Host.Config, tree, attention, model.Placement);
        _logProbs = new float[tree.Scored.Count];
        _topTokens = new int[tree.Scored.Count];
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> LogProbs => _logProbs;

    /// <inheritdoc/>
    public ReadOnlySpan<int> TopTokens => _topTokens;

    /// <summary>Computes log-probabilities and most likely tokens.</summary>
    internal void Forward()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor x = _model.Embedded(_tree);
        for (int layer = 0; layer < _model.Layers.Count; layer++)
        {
            Tensor result = _model.Layers[layer].Forward(x, _rows, IsLast(layer));
            if (_keeps)
            {
                _inputs.Add(x.DetachFromDisposeScope());
            }
            else
            {
                x.Dispose();
            }
            x = result;
        }
        Tensor head = _model.HeadOf();
        foreach ((int first, int count) in Tiles())
        {
            using DisposeScope tile = NewDisposeScope();
            Tensor logits = Logits(x, head, first, count);
            LogProbsOf(logits, first, count).ToFloats().CopyTo(_logProbs, first);
            long[] top = logits.argmax(-1).cpu().data<long>().ToArray();
            for (int i = 0; i < count; i++)
            {
                _topTokens[first + i] = (int)top[i];
            }
        }
        if (_keeps)
        {
            _last = x.DetachFromDisposeScope();
        }
    }

    /// <inheritdoc/>
    public void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages = null)
    {
        if (_last is not { } last)
        {
            throw new InvalidOperationException("Backward cannot run: the pass kept nothing for it, or it has already run.");
        }
        float[] gradients = dLogProbs.ToArray();
        OutOfMemory.Guard(_model.Placement.Name, () => Backward(last, gradients, stages));
        _last = null;
        last.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _inputs.ForEach(i => i.Dispose());
        _inputs.Clear();
        _last?.Dispose();
        _last = null;
    }

    void Backward(Tensor last, float[] dLogProbs, IGradientStages? stages)
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter? embeddings = _model.TrainedEmbeddings, head = _model.HeadLeaf?.Parameter;
        ParameterLeaf[] outputs = [.. new[] { _model.FinalNorm.Leaf }.OfType<ParameterLeaf>()];
        // A matrix that is both head and embeddings is one stage at the end.
        bool isHeadLast = head is not null && head == embeddings;
        Parameter[] first = [.. outputs.Select(l => l.Parameter), .. head is null || isHeadLast ? [] : new[] { head }];
        Parameter[] final = embeddings is null ? [] : [embeddings];

        stages?.Begin(first);
        (Tensor gradient, Tensor? dHead) = HeadBackward(last, dLogProbs);
        Move(outputs);
        if (dHead is not null && !isHeadLast)
        {
            dHead.AddTo(head!.Gradient);
        }
        stages?.Finish(first);
        for (int layer = _model.Layers.Count - 1; layer >= 0; layer--)
        {
            IReadOnlyList<ParameterLeaf> leaves = _model.Layers[layer].Leaves;
            Parameter[] trained = [.. leaves.Select(l => l.Parameter)];
            stages?.Begin(trained);
            Tensor dInput = _model.Layers[layer].Backward(_inputs[layer], gradient, _rows, IsLast(layer));
            Move(leaves);
            stages?.Finish(trained);
            gradient.Dispose();
            _inputs[layer].Dispose();
            gradient = dInput;
        }
        stages?.Begin(final);
        if (isHeadLast)
        {
            dHead!.AddTo(head!.Gradient);
        }
        if (embeddings is not null)
        {
            Rows dX = Rows.Allocate(_tree.Count, _model.Host.Config.HiddenSize);
            using AlignedBuffer memory = dX.Buffer;
            gradient.AddTo(dX);
            _model.Host.EmbedBackward(_tree, dX);
        }
        stages?.Finish(final);
    }

    /// <summary>Computes the gradients by the result of the last layer, [T', D], and by the head if it is trained, [V, D].</summary>
    (Tensor Last, Tensor? Head) HeadBackward(Tensor last, float[] dLogProbs)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable on = enable_grad();
        Tensor leaf = last.detach().requires_grad_(), head = _model.HeadOf(), gradients = tensor(dLogProbs).to(_model.Placement.Device);
        if (_model.HeadLeaf is not null)
        {
            // A leaf of its own, so that a conversion of the matrix is not repeated in each tile.
            head = head.detach().requires_grad_();
        }
        foreach ((int first, int count) in Tiles())
        {
            using DisposeScope tile = NewDisposeScope();
            LogProbsOf(Logits(leaf, head, first, count), first, count).backward([gradients.narrow(0, first, count)]);
        }
        return (leaf.grad!.MoveToOuterDisposeScope(), _model.HeadLeaf is null ? null : head.grad!.MoveToOuterDisposeScope());
    }

    bool IsLast(int layer) => layer == _model.Layers.Count - 1;

    static void Move(IEnumerable<ParameterLeaf> leaves)
    {
        foreach (ParameterLeaf leaf in leaves)
        {
            leaf.MoveGradient();
        }
    }

    IEnumerable<(int First, int Count)> Tiles()
    {
        int rows = Math.Max(1, LogitsPerTile / _model.Host.Config.VocabSize);
        for (int first = 0; first < _logProbs.Length; first += rows)
        {
            yield return (first, Math.Min(rows, _logProbs.Length - first));
        }
    }

    /// <summary>Computes the logits that predict some scored tokens: [count, V], F32.</summary>
    Tensor Logits(Tensor last, Tensor head, int first, int count) =>
        _model.Logits(last.index_select(0, _rows.ScoredRows.narrow(0, first, count)), head);

    /// <summary>Computes the log-probabilities of some scored tokens: [count].</summary>
    Tensor LogProbsOf(Tensor logits, int first, int count) =>
        logits.log_softmax(-1).gather(1, _rows.Targets.narrow(0, first, count).unsqueeze(1)).squeeze(1);
}
