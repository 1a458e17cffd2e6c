using Farsight.Alignment.Runs;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Synthesis;

/// <summary>Who answers, and in which tokens.</summary>
/// <param name="Name">Stands in the samples; never a path.</param>
/// <param name="Sha256">Of its files.</param>
/// <param name="Window">Tokens it was trained for.</param>
/// <param name="Tokenizer">Makes the chunks.</param>
/// <param name="Format">How prompts and responses become tokens.</param>
/// <param name="Responder">Writes responses, and questions where they are wanted.</param>
/// <param name="Chat">The chat client behind it; null for the local model.</param>
sealed record SynthesisModel(
    string Name,
    string Sha256,
    int Window,
    Tokenizer Tokenizer,
    ChatFormat Format,
    IResponder Responder,
    IChatClient? Chat = null)
{
    /// <summary>It answers over HTTP, or as if it did.</summary>
    internal bool IsEndpoint => Chat is not null;

    /// <summary>A model of this process.</summary>
    /// <param name="directory">Where it was loaded from.</param>
    /// <param name="model">Kept by the caller.</param>
    internal static SynthesisModel Local(string directory, LlamaModel model)
    {
        Tokenizer tokenizer = Tokenizer.LoadFor(directory, model.Config.VocabSize);
        ChatFormat format = ChatFormat.Load(directory, tokenizer);
        int[] endTokens = [.. model.Config.EosTokenIds.Append(format.Eos).Distinct()];
        return new(
            new DirectoryInfo(directory).Name, InputHash.OfModel(directory), model.Config.MaxPositionEmbeddings, tokenizer, format,
            new LocalResponder(new ModelResponses(model, endTokens), format, endTokens));
    }

    /// <summary>A chat client that answers about chunks in the tokens of a model whose weights are not needed.</summary>
    internal static SynthesisModel Behind(ChatWriter writer, string directory)
    {
        ModelConfig config = ModelFiles.ReadConfig(directory);
        Tokenizer tokenizer = Tokenizer.LoadFor(directory, config.VocabSize);
        string file = File.Exists(directory) ? directory : Path.Combine(directory, "tokenizer.json");
        return new(
            writer.Name, InputHash.OfFile(file), config.MaxPositionEmbeddings, tokenizer, ChatFormat.Load(directory, tokenizer),
            new EndpointResponder(writer, tokenizer), writer.Client);
    }

    /// <summary>A text and what is asked about it, for people; decoded in one go, because characters may lie across chunks.</summary>
    internal string Readable(IEnumerable<int[]> chunks, string question) =>
        $"{Tokenizer.Decode([.. chunks.SelectMany(c => c)]).TrimStart(' ')}\n\n{question}";
}
