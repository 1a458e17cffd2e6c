using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>A model directory, an adapter on it if there is one, and the text side of both: what answers and scores.</summary>
public sealed class LoadedModel : IDisposable
{
    readonly Lazy<ChatFormat> _format; // a model without a chat template can still continue raw text
    readonly Lazy<ChatPromptText> _text;
    readonly Lazy<LocalCompleter> _completer;

    LoadedModel(LlamaModel model, Tokenizer tokenizer, string directory, string? adapter, Action<string>? notice)
    {
        (Model, Tokenizer, DirectoryPath, AdapterPath) = (model, tokenizer, directory, adapter);
        Name = adapter is null ? NameOf(directory, 1) : $"{NameOf(directory, 1)} + {NameOf(adapter, 2)}";
        _format = new(() => ChatFormat.Load(directory, tokenizer, notice));
        _text = new(() => new(tokenizer, Format));
        _completer = new(() => HasFormat ? new(model, Format) : new(model, tokenizer));
        Choices = new ChoiceScorer(model);
    }

    /// <summary>Names of directories, never whole paths: "tiny + logo/adapter".</summary>
    public string Name { get; }

    /// <summary>The model's directory.</summary>
    public string DirectoryPath { get; }

    /// <summary>The adapter's directory; null without one.</summary>
    public string? AdapterPath { get; }

    /// <summary>The model, with the adapter attached.</summary>
    public LlamaModel Model { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Whether the model has a chat template.</summary>
    /// <exception cref="InputException">It has one that is damaged.</exception>
    public bool HasFormat => ChatFormat.Exists(DirectoryPath, Tokenizer);

    /// <summary>How prompts and responses become tokens.</summary>
    /// <exception cref="InputException">The model has no chat template, or one that cannot be used.</exception>
    public ChatFormat Format => _format.Value;

    /// <summary>The same, as building exact prompts needs it.</summary>
    public IPromptText Text => _text.Value;

    /// <summary>Answers prompts.</summary>
    public ICompleter Completer => _completer.Value;

    /// <summary>Says how likely given answers are.</summary>
    public IChoiceScorer Choices { get; }

    /// <summary>Opens a model.</summary>
    /// <param name="directory">Hugging Face layout, with tokenizer.json.</param>
    /// <param name="adapter">PEFT layout; null for the model alone.</param>
    /// <param name="rope">Replaces the scaling; null for the one the adapter was trained under, or else the model's own.</param>
    /// <param name="notice">Receives a sentence where files contradict each other or a setting has no effect, and where a chat template
    /// uses an undefined name; null to hear nothing.</param>
    /// <exception cref="InputException">Something is missing, damaged or does not fit together.</exception>
    public static LoadedModel Open(string directory, string? adapter = null, RopeScaling? rope = null, Action<string>? notice = null)
    {
        (RopeScaling? trained, int window) = rope is null ? TrainedUnder(adapter, directory) : (rope, 0);
        LlamaModel model = LlamaModel.Load(directory, trained, window: window);
        try
        {
            Tokenizer tokenizer = Tokenizer.LoadFor(directory, model.Config.VocabSize);
            if (adapter is not null)
            {
                model.LoadAdapter(adapter);
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

    /// <summary>Nats of a tree's scored tokens.</summary>
    public float[] LogProbs(TokenTree tree) => Model.LogProbs(tree);

    /// <summary>The tokens of a text that is continued as it is, with BOS if the tokenizer says so.</summary>
    public int[] RawPrompt(string text) => [.. Tokenizer.Before, .. Tokenizer.Encode(text)];

    /// <summary>How new tokens become text, and what ends them.</summary>
    /// <param name="isRaw">They continue a raw prompt; else they answer what the chat format asked.</param>
    internal TextStart StartOfText(bool isRaw)
    {
        int?[] stops = [.. Model.Config.EosTokenIds, Tokenizer.Eos, isRaw ? null : Format.Eos];
        return new(Tokenizer, Model.Config.VocabSize, [.. stops.OfType<int>().Distinct()], isRaw ? "" : Format.ResponseLead, isRaw);
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    static List<string> NoticesOf(ModelConfig config, Tokenizer tokenizer, string directory, string? adapter)
    {
        List<string> notices = [.. ModelNotices.Of(directory), .. tokenizer.Notices];
        if (config.BosTokenId is { } id && tokenizer.Bos is { } bos && id != bos)
        {
            notices.Add(
                $"{directory}: bos_token_id of config.json is {id}, and bos_token of the tokenizer has the id {bos}; "
                    + "the tokenizer's is used.");
        }
        if (tokenizer.Eos is { } eos && config.EosTokenIds.Count > 0 && !config.EosTokenIds.Contains(eos))
        {
            notices.Add(
                $"{directory}: eos_token of the tokenizer has the id {eos}, and eos_token_id of the model is "
                    + $"{string.Join(", ", config.EosTokenIds)}; a response ends at any of them.");
        }
        if (adapter is not null)
        {
            using PeftAdapter files = PeftAdapter.Read(adapter);
            notices.AddRange(files.Notices);
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
