using System.Numerics.Tensors;
using Farsight.Engine.Communication;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Models;

/// <summary>Represents a forward pass over a token tree, with the log-probabilities of its scored tokens, and its backward pass.</summary>
/// <remarks>The model creates passes. A pass uses memory of the model until it is disposed.</remarks>
public sealed class TreePass : IDisposable
{
    readonly DecoderModel _model;
    readonly TokenTree _tree;
    readonly Recomputation? _level;
    readonly AttentionPattern? _attention;
    readonly List<BlockPass> _blocks = [];
    readonly Communicator? _context;
    readonly IReadOnlyList<InputRow> _inputs;
    readonly TreeShare _share;
    readonly int[] _scoredRows;    // [N] row of the last block's result that predicts each scored token of the share
    readonly int[] _targets;       // [N]
    readonly float[] _logSumExp;   // [N]
    PassMemory? _memory;           // null once disposed
    Rows _last;                    // [T', D] the last block's result
    NormPass _finalNorm;           // [N, D]

    /// <summary>Prepares a pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tree">A tree with at least one scored token.</param>
    /// <param name="level">Arrays that are kept for backward; null keeps nothing and allows no backward.</param>
    /// <param name="attention">Which keys each head attends to; null for all visible keys.</param>
    /// <param name="context">Ranks that divide the rows of the tree; null for this process alone.</param>
    /// <param name="inputs">Vectors in the places of embeddings; null for none. Not for ranks that divide the tree.</param>
    internal TreePass(
        DecoderModel model, TokenTree tree, Recomputation? level, AttentionPattern? attention, Communicator? context = null,
        IReadOnlyList<InputRow>? inputs = null)
    {
        if (tree.Scored.Count == 0)
        {
            throw new ArgumentException("The tree has no scored token; mark at least one token as scored.", nameof(tree));
        }
        (_model, _tree, _level, _attention) = (model, tree, level, attention);
        _context = context;
        _inputs = inputs ?? [];
        _share = TreeShare.Of(tree, context);
        _targets = [.. _share.Scored.Select(s => tree.Scored[s].Target)];
        _scoredRows = [.. _share.Scored.Select(s => _share.Last.Of(tree.Scored[s].Row))];
        LogProbs = new float[tree.Scored.Count];
        TopTokens = new int[tree.Scored.Count];
        _logSumExp = new float[_targets.Length];
        _memory = model.TakeMemory();
    }

    /// <summary>Log-probability of each scored token, in nats, in the order of <see cref="TokenTree.Scored"/>: [scored tokens].</summary>
    public float[] LogProbs { get; }

    /// <summary>
    /// The most likely token at each scored place: [scored tokens]. It equals the target where greedy decoding would choose the target.
    /// </summary>
    public int[] TopTokens { get; }

    /// <summary>Gradients by the input vectors, after backward: [inputs][D].</summary>
    internal IReadOnlyList<float[]> InputGradients { get; private set; } = [];

    /// <summary>Maximum memory that the pass has used so far; equals the <see cref="ActivationPlan"/>.</summary>
    internal ActivationPlan Taken => new(Memory.Kept.Peak, Memory.Scratch.Peak);

    PassMemory Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory;
        }
    }

    /// <summary>Computes the logits that predict one scored token.</summary>
    /// <param name="scored">Index in <see cref="TokenTree.Scored"/>.</param>
    /// <param name="logits">[1, V] overwritten.</param>
    /// <exception cref="InvalidOperationException">Ranks have divided the tree.</exception>
    /// <exception cref="ObjectDisposedException">The pass is disposed.</exception>
    public void Logits(int scored, Rows logits)
    {
        if (_share.Blocks is not null)
        {
            throw new InvalidOperationException("Logits cannot be read, because ranks have divided the tree; evaluate it in one process.");
        }
        ObjectDisposedException.ThrowIf(_memory is null, this);
        Gemm.MultiplyTransposed(
            _finalNorm.Output.Slice(scored, 1), _model.Head.Matrix, 0, logits.Width, logits, add: false, _model.Head.Arithmetic);
        _model.LogitRule?.Forward(logits.Span);
    }

    /// <summary>Adds ∂loss/∂parameter to the gradient of every trainable parameter.</summary>
    /// <param name="dLogProbs">[scored tokens] ∂loss/∂log-probability.</param>
    /// <param name="stages">Called around the additions to each parameter's gradient; null for none.</param>
    /// <exception cref="InvalidOperationException">The pass kept nothing for backward, or backward has run.</exception>
    /// <exception cref="ObjectDisposedException">The pass is disposed.</exception>
    public void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages = null) => Backward(dLogProbs, stages, null);

    /// <summary>As the public one, with a gradient by one of the rows of <see cref="Output"/>.</summary>
    internal void Backward(ReadOnlySpan<float> dLogProbs, IGradientStages? stages, OutputGradient? dOutput)
    {
        Workspace scratch = Memory.Scratch;
        if (_blocks.Count == 0)
        {
            throw new InvalidOperationException("Backward cannot run: the pass kept nothing for it, or it has already run.");
        }

        float[] gradients = new float[_targets.Length];
        for (int n = 0; n < gradients.Length; n++)
        {
            gradients[n] = dLogProbs[_share.Scored[n]];
        }
        Parameter? head = _model.Head.Trained, embeddings = _model.Embeddings.Trained;
        // Observed by stages, a gradient of both head and embeddings is one stage at the end, or it would begin first and end last.
        bool isHeadLast = stages is not null && head is not null && head == embeddings;
        IReadOnlyList<Parameter> outputs = [.. _model.FinalNorm.Parameters, .. head is null || isHeadLast ? [] : new[] { head }];
        IReadOnlyList<Parameter> inputs = embeddings is null ? [] : [embeddings];
        Rows dX = scratch.Rows(_share.Tokens.Count, _last.Width), dLast = scratch.ZeroRows(_last.Count, _last.Width);
        Workspace.Mark mark = scratch.Here();
        Rows dFinal = scratch.ZeroRows(_targets.Length, _last.Width), dHidden = scratch.ZeroRows(_targets.Length, _last.Width);
        stages?.Begin(outputs);
        TokenLogProbs.Backward(
            gradients, _finalNorm.Output, _model.Head.Matrix, _targets, _logSumExp, dFinal, isHeadLast ? null : head?.Gradient,
            _model.LogitRule, _model.Head.Arithmetic);
        if (dOutput is { } output)
        {
            TensorPrimitives.Add<float>(dFinal[output.Scored], output.Gradient, dFinal[output.Scored]);
        }
        _finalNorm.Backward(dFinal, dHidden);
        for (int n = 0; n < _targets.Length; n++)
        {
            // Responses share the row that predicts their first token, so gradients add up.
            TensorPrimitives.Add(dLast[_scoredRows[n]], dHidden[n], dLast[_scoredRows[n]]);
        }
        scratch.Release(mark);
        stages?.Finish(outputs);

        for (int layer = _blocks.Count - 1; layer >= 0; layer--)
        {
            _blocks[layer].Backward(layer == _blocks.Count - 1 ? dLast : dX, dX, stages);
        }
        stages?.Begin(inputs);
        if (isHeadLast)
        {
            TokenLogProbs.Backward(
                gradients, _finalNorm.Output, _model.Head.Matrix, _targets, _logSumExp, null, head!.Gradient, _model.LogitRule,
                _model.Head.Arithmetic);
        }
        InputGradients = [.. _inputs.Select(i => dX[i.Row].ToArray())];
        foreach (InputRow input in _inputs)
        {
            dX[input.Row].Clear(); // the token in its place was not read
        }
        _model.Embeddings.Backward(_share.Tokens, dX);
        stages?.Finish(inputs);
        _blocks.Clear();
    }

    /// <summary>Returns the final normed row that predicts a scored token: [D].</summary>
    internal float[] Output(int scored) => _finalNorm.Output[scored].ToArray();

    /// <summary>Returns the memory to the model; further calls do nothing.</summary>
    public void Dispose()
    {
        if (_memory is { } memory)
        {
            _memory = null;
            _model.GiveBack(memory);
        }
    }

    /// <summary>Computes log-probabilities and most likely tokens.</summary>
    internal void Forward()
    {
        (Workspace kept, Workspace scratch) = Memory;
        ActivationPlan plan = ActivationPlan.Of(_model.Config, _share.Size, _model.Lora, _level);
        kept.Reserve(plan.Kept);
        scratch.Reserve(plan.Scratch);

        Rows x = kept.Rows(_share.Tokens.Count, _model.Config.HiddenSize);
        _model.Embeddings.Look(_share.Tokens, x);
        foreach (InputRow input in _inputs)
        {
            input.Value.CopyTo(x[input.Row]);
        }
        _last = ThroughBlocks(x, kept, scratch);

        Rows hidden = kept.Rows(_targets.Length, x.Width);
        for (int n = 0; n < _targets.Length; n++)
        {
            _last[_scoredRows[n]].CopyTo(hidden[n]);
        }
        _finalNorm = _model.FinalNorm.Forward(hidden, kept);
        if (_share.Blocks is null)
        {
            ComputeLogProbs(LogProbs, TopTokens);
            return;
        }
        float[] logProbs = new float[_targets.Length];
        int[] topTokens = new int[_targets.Length];
        ComputeLogProbs(logProbs, topTokens);
        Collect(logProbs, topTokens, _share.Blocks);
    }

    void ComputeLogProbs(float[] logProbs, int[] topTokens) => TokenLogProbs.Forward(
        _finalNorm.Output, _model.Head.Matrix, _targets, logProbs, _logSumExp, topTokens, _model.LogitRule, _model.Head.Arithmetic);

    /// <summary>Collects the results of all ranks.</summary>
    void Collect(float[] logProbs, int[] topTokens, RowBlocks blocks)
    {
        for (int n = 0; n < _targets.Length; n++)
        {
            (LogProbs[_share.Scored[n]], TopTokens[_share.Scored[n]]) = (logProbs[n], topTokens[n]);
        }
        float[] allLogProbs = _context!.AllGather<float>(LogProbs);
        int[] allTopTokens = _context.AllGather<int>(TopTokens);
        for (int i = 0; i < LogProbs.Length; i++)
        {
            int at = blocks.OwnerOf(_tree.Scored[i].Row) * LogProbs.Length + i;
            (LogProbs[i], TopTokens[i]) = (allLogProbs[at], allTopTokens[at]);
        }
    }

    /// <summary>Runs all blocks and returns the result of the last: [T', D].</summary>
    Rows ThroughBlocks(Rows x, Workspace kept, Workspace scratch)
    {
        IReadOnlyList<Block> blocks = _model.Blocks;
        PassRotations rotations = PassRotations.Of(_model.Rotaries, _share.Positions, _share.Lengths, _share.Last.Selection, kept);
        IReadOnlyList<AttentionSpan> Seen(IReadOnlyList<AttentionSpan> spans) => _attention?.Of(spans, _model.Shape.Heads) ?? spans;
        BlockContext inner = new(_model.Shape, Seen(_share.Spans), null) { Blocks = _share.Blocks };
        BlockContext last = new(_model.Shape, Seen(_share.Last.Spans), _share.Last.Selection) { Blocks = _share.Blocks };
        for (int layer = 0; layer < blocks.Count; layer++)
        {
            bool isLast = layer == blocks.Count - 1;
            BlockContext context = (isLast ? last : inner).Of(_model.Config, layer, rotations);
            // If the input need not stay, the result replaces it.
            Rows result = isLast ? kept.Rows(_share.Last.Selection.Count, x.Width)
                : _level is null or Recomputation.RoundedLayer ? x : kept.Rows(x.Count, x.Width);
            if (_level is { } level)
            {
                BlockPass pass = new(blocks[layer], x, context, level, kept, scratch);
                pass.Forward(result);
                _blocks.Add(pass);
            }
            else
            {
                BlockPass.Evaluate(blocks[layer], x, context, null, result, scratch);
            }
            x = result;
        }
        return x;
    }
}

/// <summary>Represents a vector that the blocks read in the place of a token's embedding.</summary>
/// <param name="Row">Index of the row.</param>
/// <param name="Value">[D]</param>
readonly record struct InputRow(int Row, float[] Value);

/// <summary>Represents the derivative of a loss by a row of <see cref="TreePass.Output"/>.</summary>
/// <param name="Scored">Index in <see cref="TokenTree.Scored"/>.</param>
/// <param name="Gradient">[D]</param>
readonly record struct OutputGradient(int Scored, float[] Gradient);

/// <summary>Observes a backward pass: the gradients that it has not begun and those that it has finished.</summary>
/// <remarks>Every trainable parameter of the model begins once and is finished once in a pass.</remarks>
public interface IGradientStages
{
    /// <summary>Called before the pass first adds to the gradients of parameters.</summary>
    void Begin(IReadOnlyList<Parameter> parameters);

    /// <summary>Called after the pass last added to the gradients of parameters.</summary>
    void Finish(IReadOnlyList<Parameter> parameters);
}
