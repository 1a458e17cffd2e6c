using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Machine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>Holds a model directory, its adapter if there is one, and the tokenizer and chat format of both.</summary>
public sealed class LoadedModel : IDisposable
{
    readonly Lazy<ChatFormat> _format; // a model without a chat template can still continue raw text
    readonly Lazy<ChatPromptText> _text;

    LoadedModel(DecoderModel model, Tokenizer tokenizer, string directory, string? adapter, Action<string>? notice)
    {
        (Model, Tokenizer, DirectoryPath, AdapterPath) = (model, tokenizer, directory, adapter);
        Name = adapter is null ? ModelFiles.NameOf(directory) : $"{ModelFiles.NameOf(directory)} + {NameOf(adapter, 2)}";
        _format = new(() => ChatFormat.Load(directory, tokenizer, notice));
        _text = new(() => new(tokenizer, Format));
        LanguageModel = new(Name, model, tokenizer, new Lazy<ChatFormat?>(() => HasFormat ? Format : null));
    }

    /// <summary>Names of directories, never whole paths: "tiny + logo/adapter".</summary>
    public string Name { get; }

    /// <summary>The model's directory.</summary>
    public string DirectoryPath { get; }

    /// <summary>The adapter's directory; null without one.</summary>
    public string? AdapterPath { get; }

    /// <summary>The model, with the adapter attached.</summary>
    public DecoderModel Model { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Whether the model has a chat template.</summary>
    /// <exception cref="InputException">It has one that is damaged.</exception>
    public bool HasFormat => ChatFormat.Exists(DirectoryPath, Tokenizer);

    /// <summary>The chat format, which encodes prompts and responses.</summary>
    /// <exception cref="InputException">The model has no chat template, or one that cannot be used.</exception>
    public ChatFormat Format => _format.Value;

    /// <summary>The chat format as the construction of exact prompts uses it.</summary>
    public IPromptText Text => _text.Value;

    /// <summary>Completes prompts and scores continuations.</summary>
    public LocalModel LanguageModel { get; }

    /// <summary>Opens a model.</summary>
    /// <param name="directory">Hugging Face layout, with tokenizer.json.</param>
    /// <param name="adapter">PEFT layout; null for the model alone.</param>
    /// <param name="rope">Replaces the scaling; null for the one the adapter was trained under, or else the model's own.</param>
    /// <param name="notice">Receives a sentence for each contradiction between files, setting without effect and undefined name in the
    /// chat template; null to ignore them.</param>
    /// <exception cref="InputException">Something is missing, damaged or does not fit together.</exception>
    public static LoadedModel Open(string directory, string? adapter = null, RopeScaling? rope = null, Action<string>? notice = null)
    {
        (RopeScaling? trained, int window) = rope is null ? TrainedUnder(adapter, directory) : (rope, 0);
        DecoderModel model = ModelLoader.Load(directory, trained, window: window);
        try
        {
            Tokenizer tokenizer = Tokenizer.LoadFor(directory, model.Config.VocabSize);
            if (adapter is not null)
            {
                ModelLoader.LoadAdapter(model, adapter);
            }
            if (notice is not null)
            {
                NoticesOf(model.Config, tokenizer, directory, adapter).ForEach(notice);
            }
            return new(model, tokenizer, directory, adapter, notice);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Sets how the products of the model are computed.</summary>
    /// <param name="arithmetic">See <see cref="DecoderModel.Arithmetic"/>.</param>
    /// <param name="notice">Receives a sentence if the arithmetic is slow on this machine, or is not that of all matrices.</param>
    /// <exception cref="InputException">The model has no matrix that 8-bit products can read.</exception>
    public void Use(Arithmetic arithmetic, Action<string>? notice = null)
    {
        Model.Arithmetic = arithmetic;
        if (arithmetic == Arithmetic.Q8 && Model.EightBitMatrices == 0)
        {
            throw new InputException(
                $"{DirectoryPath}: precision q8 needs matrices in Q8_0 or Q4_0, and the model has none with a multiple of 16 rows; "
                    + "export it with farsight export gguf --type q8_0, or use another precision.");
        }
        if (AssembledKernels.NoticeOf(arithmetic) is { } slow)
        {
            notice?.Invoke(slow);
        }
        if (arithmetic == Arithmetic.Q8 && Model.EightBitMatrices < Model.MatrixCount)
        {
            notice?.Invoke(
                $"{Model.MatrixCount - Model.EightBitMatrices} of {Model.MatrixCount} matrices are not in Q8_0 or Q4_0; "
                    + "their products are computed in F32.");
        }
    }

    /// <summary>Computes the log-probabilities of a tree's scored tokens, in nats.</summary>
    public float[] LogProbs(TokenTree tree) => Model.LogProbs(tree);

    /// <inheritdoc/>
    public void Dispose()
    {
        LanguageModel.Dispose();
        Model.Dispose();
    }

    static List<string> NoticesOf(ModelConfig config, Tokenizer tokenizer, string directory, string? adapter)
    {
        List<string> notices = [.. ModelFileNotices.Of(directory, config, tokenizer)];
        if (adapter is not null)
        {
            using PeftAdapter files = PeftAdapter.Read(adapter);
            notices.AddRange(files.NoticesOn(directory));
        }
        return notices;
    }

    static (RopeScaling? Rope, int Window) TrainedUnder(string? adapter, string directory)
    {
        if (adapter is null)
        {
            return (null, 0);
        }
        using PeftAdapter files = PeftAdapter.Read(adapter);
        return files.Effective is { } effective
            ? (effective.RopeFor(ModelFiles.ReadConfig(directory)), effective.MaxPositionEmbeddings)
            : (null, 0);
    }

    static string NameOf(string directory, int parts) =>
        string.Join(
            '/',
            Path.GetFullPath(directory).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).TakeLast(parts));
}
