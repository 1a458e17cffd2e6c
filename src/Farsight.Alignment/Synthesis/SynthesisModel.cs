using Farsight.Alignment.Answering;
using Farsight.Alignment.Runs;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Communication;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis;

/// <summary>Holds the model that writes a dataset, and the tokenizer and chat format of the dataset.</summary>
/// <param name="Name">The name that samples store; never a path.</param>
/// <param name="Sha256">Hash of the model's files.</param>
/// <param name="Window">Tokens that the model was trained for.</param>
/// <param name="Tokenizer">Makes the chunks.</param>
/// <param name="Format">Encodes prompts and responses.</param>
/// <param name="Language">Writes responses, and questions where they are requested.</param>
sealed record SynthesisModel(
    string Name, string Sha256, int Window, Tokenizer Tokenizer, ChatFormat Format, ILanguageModel Language)
{
    /// <summary>Asks the model about chunks.</summary>
    internal Responder Responder { get; } = new(Language, Format);

    /// <summary>Whether the model is behind an endpoint.</summary>
    internal bool IsEndpoint => Language.Capabilities is { AcceptsTokens: false } or { IsRemote: true };

    /// <summary>The origin of questions by default: planted facts for models that read exact tokens, else the model.</summary>
    internal QuestionSource DefaultQuestions => Language.Capabilities.AcceptsTokens ? QuestionSource.Insert : QuestionSource.Write;

    /// <summary>Creates the description of a local model.</summary>
    /// <param name="directory">Where it was loaded from.</param>
    /// <param name="model">The weights; the caller disposes them.</param>
    /// <param name="ranks">Processes that divide the calls of the model; null for this one alone.</param>
    internal static SynthesisModel Local(string directory, DecoderModel model, Communicator? ranks = null)
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(directory, model.Config.VocabSize);
        ChatFormat format = ChatFormat.Load(directory, tokenizer);
        string name = new DirectoryInfo(directory).Name;
        LocalModel local = new(name, model, format);
        return new(
            name, InputHash.OfModel(directory), model.Config.MaxPositionEmbeddings, tokenizer, format,
            ranks is { Size: > 1, IsFirst: true } ? new RankedModel(local, ranks) : local);
    }

    /// <summary>Creates the description of a model that answers about chunks in the tokens of a
    /// directory whose weights are not needed.</summary>
    internal static SynthesisModel Behind(ILanguageModel writer, string directory)
    {
        ModelConfig config = ModelFiles.ReadConfig(directory);
        Tokenizer tokenizer = Tokenizer.LoadFor(directory, config.VocabSize);
        string hash = InputHash.OfFile(Tokenizer.FileOf(directory));
        return new(
            writer.Name, hash, config.MaxPositionEmbeddings, tokenizer, ChatFormat.Load(directory, tokenizer), writer);
    }

    /// <summary>Creates the description of a model that is not asked, so that its weights are not needed.</summary>
    internal static SynthesisModel Unasked(string directory) => Behind(new UnaskedModel(new DirectoryInfo(directory).Name), directory);

    /// <summary>Returns chunks and a question as readable text; decoded in one go, because characters may lie across chunks.</summary>
    internal string Readable(IEnumerable<int[]> chunks, string question) =>
        $"{Tokenizer.Decode([.. chunks.SelectMany(c => c)]).TrimStart(' ')}\n\n{question}";
}

/// <summary>Represents the model of a method whose samples need no answers.</summary>
sealed class UnaskedModel(string name) : ILanguageModel
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public int? ContextWindow => null;

    /// <inheritdoc/>
    public ModelCapabilities Capabilities { get; } = new() { AcceptsTokens = true };

    /// <inheritdoc/>
    public Task<IReadOnlyList<Completion>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"{Name} was opened without its weights and cannot answer.");
}
