using Farsight.Engine.Communication;
using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Represents a decoder: forward and exact backward over token trees, and decoding with a cache.</summary>
/// <remarks>
/// Llama's layers are the pattern; the description, a <see cref="ModelConfig"/>, says what differs.
/// All weights are frozen until <see cref="AttachLora"/> or <see cref="TrainEverything"/> makes some trainable. The model owns its source
/// of weights, its parameters and the memory of its passes, and frees them when it is disposed. Not safe for concurrent use.
/// </remarks>
public sealed class DecoderModel : IDisposable
{
    readonly IWeightSource _source;
    readonly Embedding _embeddings;
    Embedding _head;
    readonly Norm _finalNorm;
    readonly List<Parameter> _parameters = [];
    readonly List<GroupedMatrix> _grouped = [];
    readonly Stack<PassMemory> _memory = [];
    bool _isDisposed;

    /// <summary>Creates a model from a source of weights.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="source">Weights; disposed with the model, or by the caller if the constructor throws.</param>
    /// <exception cref="InputException">A weight is missing or does not have the shape that the config implies.</exception>
    public DecoderModel(ModelConfig config, IWeightSource source)
    {
        Config = config;
        _source = source;
        DecoderWeights weights = DecoderWeights.From(config, source);
        _embeddings = new(DecoderWeights.EmbeddingsName, weights.Embeddings, config.EmbeddingScale);
        _head = weights.Head is { } head ? new(DecoderWeights.HeadName, head) : _embeddings;
        _finalNorm = weights.FinalNorm;
        Blocks = weights.Blocks;
        AttentionShape heads = new(config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim);
        Shape = heads with { Scale = config.AttentionScale ?? heads.Scale, Softcap = config.AttentionSoftcap };
        Rotaries = RotariesOf(config);
        LogitRule = config.LogitScale == 1 && config.LogitSoftcap is null ? null : new(config.LogitScale, config.LogitSoftcap);
    }

    /// <summary>Shape of the model, with the RoPE scaling in effect.</summary>
    public ModelConfig Config { get; private set; }

    /// <inheritdoc cref="IWeightSource.Fingerprint"/>
    public string? Fingerprint => _source.Fingerprint;

    /// <summary>Trainable parameters; empty while all weights are frozen.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>Options of the adapter; null without one.</summary>
    public LoraOptions? Lora { get; private set; }

    /// <summary>
    /// Whether the adapter is active, with the embeddings and norms that belong to it. Turn it off for decoding only, not in training.
    /// </summary>
    public bool IsAdapterOn
    {
        get;
        set
        {
            field = value;
            _embeddings.IsAdapterOff = _head.IsAdapterOff = !value;
            foreach (LinearWeights linear in Linears)
            {
                linear.IsAdapterOff = !value;
            }
            foreach (Norm norm in Norms)
            {
                norm.IsAdapterOff = !value;
            }
        }
    } = true;

    /// <summary>Attention heads whose output is set to zero. Default: none.</summary>
    /// <exception cref="ArgumentException">The model has no such head.</exception>
    public IReadOnlyList<AttentionHead> MaskedHeads
    {
        get;
        set
        {
            foreach (AttentionHead head in value.Where(h => h.Layer < 0 || h.Layer >= Blocks.Count || h.Head < 0 || h.Head >= Shape.Heads))
            {
                throw new ArgumentException(
                    $"Layer {head.Layer} has no head {head.Head}; "
                    + $"the model has {Blocks.Count} layers of {Shape.Heads} heads, counted from 0.",
                    nameof(value));
            }
            field = value;
            for (int layer = 0; layer < Blocks.Count; layer++)
            {
                Blocks[layer].MaskedHeads = [.. value.Where(h => h.Layer == layer).Select(h => h.Head).Distinct().Order()];
            }
        }
    } = [];

    /// <summary>
    /// How products of layers, head and attention are computed. Norms, rotations, softmax, losses and sums stay F32. Default: F32.
    /// Q8 changes the order of the matrices in memory, and no other arithmetic can follow.
    /// </summary>
    /// <exception cref="InvalidOperationException">The model is in Q8, or is to be in Q8 and every weight is trained.</exception>
    public Arithmetic Arithmetic
    {
        get;
        set
        {
            if (value == field)
            {
                return;
            }
            if (field == Arithmetic.Q8)
            {
                throw new InvalidOperationException(
                    "The matrices are in the order of 8-bit products; load the model again for another arithmetic.");
            }
            if (value == Arithmetic.Q8 && _parameters.Count > 0 && Lora is null)
            {
                throw new InvalidOperationException("8-bit products are for inference, and every weight of the model is trained.");
            }
            field = value;
            Shape = Shape with { Arithmetic = value };
            _embeddings.Arithmetic = _head.Arithmetic = value;
            foreach (LinearWeights linear in Linears)
            {
                linear.Arithmetic = value;
            }
            if (value == Arithmetic.Q8)
            {
                GroupMatrices();
            }
        }
    }

    /// <summary>Number of matrices whose products have 8-bit activations; 0 unless <see cref="Arithmetic"/> is Q8.</summary>
    public int EightBitMatrices => _grouped.Count;

    /// <summary>Number of matrices of the layers and the head.</summary>
    public int MatrixCount => Linears.Distinct().Count() + 1;

    /// <summary>Memory for reading texts segment by segment; null without one. Disposed with the model, or if it is replaced.</summary>
    public SegmentMemory? SegmentMemory
    {
        get;
        set
        {
            if (value != field)
            {
                field?.Dispose();
            }
            field = value;
        }
    }

    /// <summary>The stored weights, for engines that compute the layers elsewhere.</summary>
    public IWeightSource Weights => _source;

    internal IReadOnlyList<Block> Blocks { get; }

    internal AttentionShape Shape { get; private set; }

    /// <summary>Rotation of the layers, by <see cref="ModelConfig.RotationOf"/>.</summary>
    internal IReadOnlyList<Rotary> Rotaries { get; }

    /// <summary>What happens to products with the head before they are logits; null for nothing.</summary>
    internal LogitRule? LogitRule { get; }

    /// <summary>Names of all linear layers, in the order of the forward pass: "model.layers.0.self_attn.q_proj".</summary>
    internal IEnumerable<string> LinearNames => Linears.Select(l => l.Name);

    /// <summary>Number of tokens that chose each expert of each layer since the model was loaded: [L][E]; [] for dense layers.</summary>
    public IReadOnlyList<IReadOnlyList<long>> ExpertLoad =>
        [.. Blocks.Select(b => b.Mlp is ExpertMixture mixture ? (long[])[.. mixture.Load] : [])];

    /// <summary>Adds trainable low-rank matrices to the target layers and makes embeddings and norms trainable if requested.</summary>
    /// <param name="options">Targets, rank and scale.</param>
    /// <param name="seed">Seed of the A matrices. The B matrices start at zero, so the adapter changes no output yet.</param>
    /// <exception cref="ArgumentException">A target is unknown, or the model already has trainable parameters.</exception>
    public void AttachLora(LoraOptions options, int seed)
    {
        ThrowIfTrainable();
        string[] unknown = [.. options.Targets.Except(LinearShape.TargetsOf(Config))];
        if (unknown.Length > 0)
        {
            throw new ArgumentException(
                $"The model has no layers for the adapter targets {string.Join(", ", unknown)}; "
                + $"its targets are {string.Join(", ", LinearShape.TargetsOf(Config))}.",
                nameof(options));
        }

        Lora = options;
        float scale = (float)(options.Alpha / options.Rank);
        AddPairs(Linears.Where(l => options.Targets.Contains(l.Target)).ToDictionary(l => l.Name, _ => (options.Rank, scale)), seed);
        if (options.TrainEmbeddings)
        {
            TrainEmbeddings();
        }
        if (options.TrainNorms)
        {
            _parameters.AddRange(Norms.Select(n => n.Train()));
        }
    }

    /// <summary>Adds the trainable tensors of an adapter that was trained before; the caller fills <see cref="Parameters"/>.</summary>
    /// <param name="options">Options of the adapter.</param>
    /// <param name="pairs">Rank and scale of the low-rank updates, by the names of their layers.</param>
    /// <param name="modules">Names of the embedding, head and norm weights that the adapter replaces; others are ignored.</param>
    /// <param name="untiesHead">Whether a head that is tied to the embeddings becomes a matrix of its own.</param>
    /// <exception cref="ArgumentException">The model already has trainable parameters.</exception>
    internal void AttachAdapter(
        LoraOptions options, IReadOnlyDictionary<string, (int Rank, float Scale)> pairs, IReadOnlySet<string> modules, bool untiesHead)
    {
        ThrowIfTrainable();
        Lora = options;
        if (Config.TieWordEmbeddings && untiesHead)
        {
            _head = new(DecoderWeights.HeadName, _embeddings.Matrix) { Arithmetic = Arithmetic };
            Config = Config with { TieWordEmbeddings = false };
        }
        AddPairs(pairs, seed: 0);
        if (modules.Contains(DecoderWeights.EmbeddingsName))
        {
            TrainEmbeddings();
        }
        if (!Config.TieWordEmbeddings && modules.Contains(DecoderWeights.HeadName))
        {
            _parameters.Add(_head.Train());
        }
        _parameters.AddRange(Norms.Where(n => modules.Contains(n.Name)).Select(n => n.Train()));
    }

    /// <summary>Makes every weight trainable, as an F32 copy, for pretraining and full fine-tuning.</summary>
    /// <exception cref="ArgumentException">The model already has trainable parameters.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Arithmetic"/> is Q8, which is for inference.</exception>
    public void TrainEverything()
    {
        ThrowIfTrainable();
        if (Arithmetic == Arithmetic.Q8)
        {
            throw new InvalidOperationException("8-bit products are for inference; load the model again to train every weight.");
        }
        _parameters.Add(_embeddings.Train());
        if (!Config.TieWordEmbeddings)
        {
            _parameters.Add(_head.Train());
        }
        _parameters.AddRange(Linears.SelectMany(l => l.TrainInFull()));
        _parameters.AddRange(Norms.Select(n => n.Train()));
        _parameters.ForEach(p => _source.Release(p.Name));
    }

    /// <summary>Runs the forward pass over a tree and keeps what the backward pass needs.</summary>
    /// <param name="tree">A tree with at least one scored token.</param>
    /// <param name="level">Arrays that are kept; the backward pass computes the others again.</param>
    /// <param name="attention">Which keys each head attends to; null for all visible keys.</param>
    /// <param name="context">
    /// Ranks that divide the rows of the tree, all of which call this. Results are those of the whole tree; a backward pass adds the share
    /// of this rank to the gradients, whose sum over the ranks is the gradient. Null for this process alone.
    /// </param>
    /// <exception cref="ArgumentException">The tree has no scored token.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public TreePass Forward(
        TokenTree tree, Recomputation level = Recomputation.None, AttentionPattern? attention = null, Communicator? context = null) =>
        Run(new(this, tree, level, attention, context));

    /// <summary>Runs the forward pass over a tree for its results only; memory does not grow with the number of layers.</summary>
    /// <inheritdoc cref="Forward"/>
    public TreePass Evaluate(TokenTree tree, Communicator? context = null) => Run(new(this, tree, null, null, context));

    /// <summary>Runs a tree whose roots are read segment by segment with <see cref="SegmentMemory"/>.</summary>
    /// <param name="tree">A tree with at least one scored token; its positions are not used.</param>
    /// <param name="level">Arrays that the passes of backward keep; null for results only.</param>
    /// <exception cref="ArgumentException">The tree has no scored token.</exception>
    /// <exception cref="InvalidOperationException">The model has no memory.</exception>
    public SegmentedPass RunSegments(TokenTree tree, Recomputation? level) => new(this, tree, level);

    /// <summary>
    /// Gives the tokens of a tree their trainable rows of the embeddings, as a backward pass would; does nothing where every row or none is
    /// trainable. Rows are numbered by first use, so processes that divide trees call this for all trees, in one order.
    /// </summary>
    public void Touch(TokenTree tree) => _embeddings.Touch(tree.Tokens);

    /// <summary>Returns the scale of the low-rank update of a linear layer; null without one.</summary>
    /// <param name="linear">Name of the layer: "model.layers.0.self_attn.q_proj".</param>
    public float? LoraScaleOf(string linear) => Linears.FirstOrDefault(l => l.Name == linear)?.Lora?.Scale;

    /// <summary>Reads the embeddings of a tree's tokens, scaled as the model does.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="x">[T, D] overwritten.</param>
    public void Embed(TokenTree tree, Rows x) => _embeddings.Look(tree.Tokens, x);

    /// <summary>Adds the gradient by the result of <see cref="Embed"/> to that of the embeddings, if they are trained.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="dX">[T, D]</param>
    public void EmbedBackward(TokenTree tree, Rows dX) => _embeddings.Backward(tree.Tokens, dX);

    /// <summary>Computes the log-probabilities of a tree's scored tokens: [scored tokens], nats.</summary>
    /// <inheritdoc cref="Forward"/>
    public float[] LogProbs(TokenTree tree)
    {
        using TreePass pass = Evaluate(tree);
        return pass.LogProbs;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        _parameters.ForEach(p => p.Dispose());
        _grouped.ForEach(g => g.Dispose());
        SegmentMemory?.Dispose();
        foreach (PassMemory memory in _memory)
        {
            memory.Dispose();
        }
        _memory.Clear();
        _source.Dispose();
    }

    internal Embedding Embeddings => _embeddings;

    internal Embedding Head => _head;

    internal Norm FinalNorm => _finalNorm;

    /// <summary>Runs the forward pass over a tree, some of whose rows have vectors in the places of embeddings.</summary>
    internal TreePass ForwardWith(TokenTree tree, Recomputation? level, IReadOnlyList<InputRow> inputs) =>
        Run(new(this, tree, level, null, null, inputs));

    internal PassMemory TakeMemory()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _memory.TryPop(out PassMemory? memory) ? memory : new(new(), new());
    }

    /// <summary>Keeps the memory of a finished pass for the next one; a pass may outlive the model.</summary>
    internal void GiveBack(PassMemory memory)
    {
        if (_isDisposed)
        {
            memory.Dispose();
            return;
        }
        memory.Reset();
        _memory.Push(memory);
    }

    /// <summary>Returns the rotations that <see cref="ModelConfig.RotationOf"/> numbers.</summary>
    internal static IReadOnlyList<Rotary> RotariesOf(ModelConfig config)
    {
        Rotary main = new(config.RotatedDim, config.RopeTheta, config.RopeScaling);
        return config.WindowedRopeTheta is { } theta ? [main, new(config.RotatedDim, theta, new RopeScaling.Unscaled())] : [main];
    }

    IEnumerable<LinearWeights> Linears => Blocks.SelectMany(b => b.Linears);

    IEnumerable<Norm> Norms => Blocks.SelectMany(b => b.Norms).Append(_finalNorm);

    static TreePass Run(TreePass pass)
    {
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
    }

    /// <summary>Copies the matrices in Q8_0 and Q4_0 to groups of rows, one by one, and frees what they were copied from.</summary>
    void GroupMatrices()
    {
        GroupedMatrix? Group(WeightMatrix stored, string name)
        {
            if (!GroupedMatrix.CanHold(stored))
            {
                return null;
            }
            GroupedMatrix grouped = GroupedMatrix.From(stored);
            _grouped.Add(grouped);
            _source.Release(name);
            return grouped;
        }
        foreach (LinearWeights linear in Linears)
        {
            linear.Grouped ??= Group(linear.Stored, $"{linear.Name}.weight");
        }
        // An adapter may have made a head of the embeddings, which has no matrix of its own in the source.
        string head = ReferenceEquals(_head.Stored, _embeddings.Stored) ? _embeddings.Name : _head.Name;
        _head.Grouped = _head.Trained is null ? Group(_head.Stored, head) : null;
    }

    void AddPairs(IReadOnlyDictionary<string, (int Rank, float Scale)> pairs, int seed)
    {
        foreach (LinearWeights linear in Linears.Where(l => pairs.ContainsKey(l.Name)))
        {
            (int rank, float scale) = pairs[linear.Name];
            linear.Lora = LoraPair.Create(linear.Name, linear.Outputs, linear.Inputs, rank, scale, seed);
            _parameters.AddRange([linear.Lora.A, linear.Lora.B]);
        }
    }

    // A tied matrix is the head as well, and a head's gradient reaches every row.
    void TrainEmbeddings() => _parameters.Add(Config.TieWordEmbeddings ? _embeddings.Train() : _embeddings.TrainTouchedRows());

    void ThrowIfTrainable()
    {
        if (_parameters.Count > 0)
        {
            throw new ArgumentException("The model already has trainable parameters; load it again.");
        }
    }
}

/// <summary>Identifies an attention head of a model.</summary>
/// <param name="Layer">Index of the layer, from 0.</param>
/// <param name="Head">Index of the query head in its layer, from 0.</param>
public readonly record struct AttentionHead(int Layer, int Head);

/// <summary>Represents the memory of one pass over a model.</summary>
/// <param name="Kept">Rows that live from forward to backward.</param>
/// <param name="Scratch">Rows that live inside a layer.</param>
sealed record PassMemory(Workspace Kept, Workspace Scratch) : IDisposable
{
    internal void Reset()
    {
        Kept.Reset();
        Scratch.Reset();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kept.Dispose();
        Scratch.Dispose();
    }
}
