using Farsight.Alignment.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Generation;

/// <summary>A model directory, an adapter on it if there is one, and the text side of both: what answers and scores.</summary>
public sealed class LoadedModel : IDisposable
{
    LoadedModel(LlamaModel model, Tokenizer tokenizer, string directory, string? adapter)
    {
        (Model, Tokenizer, DirectoryPath, AdapterPath) = (model, tokenizer, directory, adapter);
        Name = adapter is null ? NameOf(directory, 1) : $"{NameOf(directory, 1)} + {NameOf(adapter, 2)}";
        Format = ChatFormat.For(tokenizer);
        Text = new ChatPromptText(tokenizer, Format);
        Completer = new LocalCompleter(model, Format);
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

    /// <summary>How prompts and responses become tokens.</summary>
    public ChatFormat Format { get; }

    /// <summary>The same, as building exact prompts needs it.</summary>
    public IPromptText Text { get; }

    /// <summary>Answers prompts.</summary>
    public ICompleter Completer { get; }

    /// <summary>Opens a model.</summary>
    /// <param name="directory">Hugging Face layout, with tokenizer.json.</param>
    /// <param name="adapter">PEFT layout; null for the model alone.</param>
    /// <param name="rope">Replaces the scaling; null for the one the adapter was trained under, or else the model's own.</param>
    /// <exception cref="InputException">Something is missing, damaged or does not fit together.</exception>
    public static LoadedModel Open(string directory, string? adapter = null, RopeScaling? rope = null)
    {
        LlamaModel model = LlamaModel.Load(directory, rope ?? TrainedUnder(adapter));
        try
        {
            Tokenizer tokenizer = Tokenizer.LoadFor(directory, model.Config.VocabSize);
            if (adapter is not null)
            {
                model.LoadAdapter(adapter);
            }
            return new(model, tokenizer, directory, adapter);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Nats of a tree's scored tokens.</summary>
    public float[] LogProbs(TokenTree tree) => Model.LogProbs(tree);

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    static RopeScaling? TrainedUnder(string? adapter)
    {
        if (adapter is null)
        {
            return null;
        }
        using PeftAdapter files = PeftAdapter.Read(adapter);
        return files.Effective?.RopeScaling;
    }

    static string NameOf(string directory, int parts) =>
        string.Join('/', Path.GetFullPath(directory).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).TakeLast(parts));
}
