using Farsight.Engine.Checkpoints;
using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>A decoder of the Llama family: forward over token trees, exact backward, and decoding with a cache.</summary>
/// <remarks>Frozen as loaded; <see cref="AttachLora"/> or <see cref="TrainEverything"/> says what training may change. One caller at a
/// time.</remarks>
public sealed class LlamaModel : IDisposable
{
    readonly IWeightSource _source;
    readonly Embedding _embeddings;
    Embedding _head;
    readonly Norm _finalNorm;
    readonly List<Parameter> _parameters = [];
    readonly Stack<PassMemory> _memory = [];

    /// <summary>Puts a model together from any source of weights.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="source">Its weights; kept open as long as the model and disposed with it, if it is disposable.</param>
    /// <exception cref="InputException">A weight is missing or has another shape than the config implies.</exception>
    public LlamaModel(ModelConfig config, IWeightSource source)
    {
        Config = config;
        _source = source;
        LlamaWeights weights = LlamaWeights.From(config, source);
        _embeddings = new(LlamaWeights.EmbeddingsName, weights.Embeddings);
        _head = weights.Head is { } head ? new(LlamaWeights.HeadName, head) : _embeddings;
        _finalNorm = weights.FinalNorm;
        Blocks = weights.Blocks;
        Shape = new(config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim);
        Rotary = new(config.HeadDim, config.RopeTheta, config.RopeScaling);
    }

    /// <summary>The shape, with the RoPE scaling that is in force.</summary>
    public ModelConfig Config { get; private set; }

    /// <summary>What <see cref="ModelDirectory.Fingerprint"/> gives for the weights; null when they come from elsewhere.</summary>
    public string? Fingerprint { get; private init; }

    /// <summary>What training changes; empty while everything is frozen.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The adapter's options, or null without one.</summary>
    public LoraOptions? Lora { get; private set; }

    /// <summary>
    /// Whether the adapter takes part, with the embeddings and norms that came with it; for decoding only, never while training.
    /// </summary>
    public bool IsAdapterOn
    {
        get;
        set
        {
            field = value;
            _embeddings.IsAdapterOff = _head.IsAdapterOff = !value;
            foreach (Linear linear in Blocks.SelectMany(b => b.Linears).Select(l => l.Linear))
            {
                linear.IsAdapterOff = !value;
            }
            foreach (Norm norm in Norms)
            {
                norm.IsAdapterOff = !value;
            }
        }
    } = true;

    /// <summary>Heads that are switched off: their output is zero wherever the model runs. None at first.</summary>
    /// <exception cref="ArgumentException">The model has no such head.</exception>
    public IReadOnlyList<AttentionHead> MaskedHeads
    {
        get;
        set
        {
            foreach (AttentionHead head in value.Where(h => h.Layer < 0 || h.Layer >= Blocks.Count || h.Head < 0 || h.Head >= Shape.Heads))
            {
                throw new ArgumentException(
                    $"There is no head {head.Head} in layer {head.Layer}; the model has {Blocks.Count} layers of {Shape.Heads} heads, counted from 0.",
                    nameof(value));
            }
            field = value;
            for (int layer = 0; layer < Blocks.Count; layer++)
            {
                Blocks[layer].MaskedHeads = [.. value.Where(h => h.Layer == layer).Select(h => h.Head).Distinct().Order()];
            }
        }
    } = [];

    internal IReadOnlyList<Block> Blocks { get; }

    internal AttentionShape Shape { get; }

    internal Rotary Rotary { get; }

    /// <summary>
    /// Opens a Hugging Face model directory or a GGUF file; weights stay mapped in their stored format, unless they are converted.
    /// </summary>
    /// <param name="path">A directory with config.json and safetensors, or a GGUF file.</param>
    /// <param name="rope">Replaces the config's scaling; null keeps it. The window grows with the factor.</param>
    /// <param name="weights">The format that matrices are converted to, in memory; null keeps them in the file.</param>
    /// <param name="window">Tokens that the window has at least, as of an adapter that was trained at far positions.</param>
    /// <exception cref="InputException">The files are not a model that this engine can run.</exception>
    public static LlamaModel Load(string path, RopeScaling? rope = null, NumberFormat? weights = null, int window = 0)
    {
        IModelFiles files = ModelFiles.Open(path);
        IWeightSource source = weights is { } format ? new ConvertedWeights(files, format) : files;
        try
        {
            ModelConfig config = rope is null ? files.Config : files.Config.With(rope);
            return new(config with { MaxPositionEmbeddings = Math.Max(config.MaxPositionEmbeddings, window) }, source)
            {
                Fingerprint = (files as DirectoryWeights)?.Fingerprint,
            };
        }
        catch
        {
            (source as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>Adds low-rank matrices to the named layers and makes them trainable, with embeddings and norms if asked.</summary>
    /// <param name="options">What to train.</param>
    /// <param name="seed">Of the A matrices; the B matrices start at zero, so that nothing changes yet.</param>
    /// <exception cref="ArgumentException">A target is unknown, or the model already trains something.</exception>
    public void AttachLora(LoraOptions options, int seed)
    {
        ThrowIfTrainable();
        string[] unknown = [.. options.Targets.Except(LoraOptions.KnownTargets)];
        if (unknown.Length > 0)
        {
            throw new ArgumentException(
                $"No linear layer is called {string.Join(", ", unknown)}; there are {string.Join(", ", LoraOptions.KnownTargets)}.",
                nameof(options));
        }

        Lora = options;
        foreach (Linear linear in Blocks.SelectMany(b => b.Linears).Where(l => options.Targets.Contains(l.Target)).Select(l => l.Linear))
        {
            linear.Lora = LoraPair.Create(
                linear.Name,
                linear.Outputs,
                linear.Inputs,
                options.Rank,
                (float)(options.Alpha / options.Rank),
                seed);
            _parameters.AddRange([linear.Lora.A, linear.Lora.B]);
        }
        if (options.TrainEmbeddings)
        {
            // A tied matrix is the head as well, and a head's gradient reaches every row.
            _parameters.Add(Config.TieWordEmbeddings ? _embeddings.Train() : _embeddings.TrainTouchedRows());
        }
        if (options.TrainNorms)
        {
            _parameters.AddRange(Norms.Select(n => n.Train()));
        }
    }

    /// <summary>Attaches an adapter from disk and fills its matrices; it can be trained on.</summary>
    /// <remarks>
    /// The adapter's effective config is not looked at here: load the model with its RoPE scaling. An adapter whose head differs
    /// from its embedding takes those of a tied model apart.
    /// </remarks>
    /// <exception cref="InputException">The adapter is damaged or belongs to another model.</exception>
    /// <exception cref="ArgumentException">The model already trains something.</exception>
    public void LoadAdapter(string directory)
    {
        ThrowIfTrainable();
        using PeftAdapter adapter = PeftAdapter.Read(directory);
        adapter.CheckBase(Blocks.SelectMany(b => b.Linears).Select(l => l.Linear.Name), Config.VocabSize, Fingerprint);
        AdapterDescription description = adapter.Description;
        foreach (
            (Linear linear, LowRankUpdate update) in Blocks
                .SelectMany(b => b.Linears)
                .Join(adapter.Updates, l => l.Linear.Name, u => u.Module, (l, u) => (l.Linear, u)))
        {
            linear.Lora = LoraPair.Create(linear.Name, linear.Outputs, linear.Inputs, update.A.Shape[0], update.Scale, seed: 0);
            _parameters.AddRange([linear.Lora.A, linear.Lora.B]);
        }
        bool trainsEmbeddings = adapter.Tensors.ContainsKey(LlamaWeights.EmbeddingsName), trainsHead = TrainsHead(adapter);
        if (trainsEmbeddings)
        {
            _parameters.Add(Config.TieWordEmbeddings ? _embeddings.Train() : _embeddings.TrainTouchedRows());
        }
        if (trainsHead)
        {
            _parameters.Add(_head.Train());
        }
        Norm[] norms = [.. Norms.Where(n => adapter.Tensors.ContainsKey(n.Name))];
        _parameters.AddRange(norms.Select(n => n.Train()));
        Lora = new(description.Rank, description.Alpha, description.Targets, trainsEmbeddings, norms.Length > 0);
        FillFrom(adapter, directory);
    }

    /// <summary>
    /// Takes head and embedding of a tied model apart where the adapter does; whether the adapter brings a head that is the model's.
    /// </summary>
    bool TrainsHead(PeftAdapter adapter)
    {
        if (Config.TieWordEmbeddings && adapter.PartsHead)
        {
            _head = new(LlamaWeights.HeadName, _embeddings.Matrix);
            Config = Config with { TieWordEmbeddings = false };
        }
        return !Config.TieWordEmbeddings && adapter.Tensors.ContainsKey(LlamaWeights.HeadName);
    }

    void FillFrom(PeftAdapter adapter, string directory)
    {
        HashSet<string> unused = [.. adapter.Tensors.Keys];
        if (Config.TieWordEmbeddings)
        {
            unused.Remove(LlamaWeights.HeadName);
        }
        foreach (Parameter parameter in Parameters)
        {
            StoredTensor tensor = adapter.Tensors[parameter.Name];
            if (tensor.Count != (long)parameter.Capacity * parameter.Value.Width || tensor.Shape[^1] != parameter.Value.Width)
            {
                throw new InputException(
                    $"{directory}: {parameter.Name} is [{string.Join(", ", tensor.Shape)}], the model needs [{parameter.Capacity}, {parameter.Value.Width}]; the adapter is of another model."
                );
            }
            Fill(parameter, tensor);
            unused.Remove(parameter.Name);
        }
        if (unused.Count > 0)
        {
            throw new InputException(
                $"{directory}: {unused.Order(StringComparer.Ordinal).First()} belongs to nothing that an adapter can change here; it is of another model, or of a kind that only merging can apply."
            );
        }
    }

    /// <summary>Makes every weight trainable, as F32 copies: pre-training and the full SFT baselines.</summary>
    /// <exception cref="ArgumentException">The model already trains something.</exception>
    public void TrainEverything()
    {
        ThrowIfTrainable();
        _parameters.Add(_embeddings.Train());
        if (!Config.TieWordEmbeddings)
        {
            _parameters.Add(_head.Train());
        }
        _parameters.AddRange(Blocks.SelectMany(b => b.Linears).SelectMany(l => l.Linear.TrainInFull()));
        _parameters.AddRange(Norms.Select(n => n.Train()));
        _parameters.ForEach(p => _source.Release(p.Name));
    }

    /// <summary>Runs a tree and keeps what its backward needs.</summary>
    /// <param name="tree">At least one of its tokens must be scored.</param>
    /// <param name="level">What is kept, and what backward computes again.</param>
    /// <param name="attention">Which keys each head looks at; null for all that the tree shows it.</param>
    public TreePass Forward(TokenTree tree, Recomputation level = Recomputation.None, AttentionPattern? attention = null) =>
        new(this, tree, level, attention);

    /// <summary>Runs a tree without keeping what a backward would need; memory does not grow with the layers.</summary>
    /// <param name="tree">At least one of its tokens must be scored.</param>
    public TreePass Evaluate(TokenTree tree) => new(this, tree, null, null);

    /// <summary>Log-probabilities of a tree's scored tokens: [scored tokens], nats.</summary>
    public float[] LogProbs(TokenTree tree)
    {
        using TreePass pass = Evaluate(tree);
        return pass.LogProbs;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PassMemory memory in _memory)
        {
            memory.Dispose();
        }
        _memory.Clear();
        (_source as IDisposable)?.Dispose();
    }

    internal Embedding Embeddings => _embeddings;

    internal Embedding Head => _head;

    internal Norm FinalNorm => _finalNorm;

    internal PassMemory TakeMemory() => _memory.TryPop(out PassMemory? memory) ? memory : new(new(), new());

    internal void GiveBack(PassMemory memory)
    {
        memory.Reset();
        _memory.Push(memory);
    }

    IEnumerable<Norm> Norms => Blocks.SelectMany(b => b.Norms).Append(_finalNorm);

    /// <summary>Reads a parameter from a file; of touched rows, those that differ from the model's own.</summary>
    static void Fill(Parameter parameter, StoredTensor tensor)
    {
        int width = parameter.Value.Width;
        float[] values = new float[width], own = new float[width];
        for (int row = 0; row < parameter.Capacity; row++)
        {
            tensor.Read((long)row * width, values);
            parameter.Whole.Read(row, 0, own);
            if (!values.AsSpan().SequenceEqual(own))
            {
                values.CopyTo(parameter.Value[parameter.Touched is null ? row : parameter.Touch(row)]);
            }
        }
    }

    void ThrowIfTrainable()
    {
        if (_parameters.Count > 0)
        {
            throw new ArgumentException("The model already has trainable parameters; load it anew.");
        }
    }
}
