using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>
/// Finds contradictions between all files of a model that do not prevent loading: weights, configs, tokenizer and template.
/// </summary>
public static class ModelFileNotices
{
    /// <summary>Returns the notices of a model, each a sentence that names the file.</summary>
    /// <remarks>
    /// Some commands need no weights and accept a model without them. What cannot be read gives no notice here; the command reports it
    /// where it needs it.
    /// </remarks>
    /// <param name="path">Path of a model directory or a GGUF file.</param>
    public static IReadOnlyList<string> Of(string path)
    {
        List<string> notices = [];
        Collect(() => notices.AddRange(ModelNotices.Of(path)));
        Collect(() =>
        {
            ModelConfig config = ModelFiles.ReadConfig(path);
            Tokenizer tokenizer = Tokenizer.LoadFor(path, config.VocabSize);
            notices.AddRange(OfTokens(path, config, tokenizer));
            if (ChatFormat.Exists(path, tokenizer))
            {
                _ = ChatFormat.Load(path, tokenizer, notices.Add);
            }
        });
        return notices;
    }

    /// <summary>Returns the notices of a model without those of its chat template.</summary>
    /// <param name="path">Path of a model directory or a GGUF file.</param>
    /// <param name="config">The model's.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <exception cref="InputException">The model cannot be read.</exception>
    public static IReadOnlyList<string> Of(string path, ModelConfig config, Tokenizer tokenizer) =>
        [.. ModelNotices.Of(path), .. OfTokens(path, config, tokenizer)];

    static void Collect(Action read)
    {
        try
        {
            read();
        }
        catch (InputException)
        {
            // Not readable, or not there.
        }
    }

    static List<string> OfTokens(string path, ModelConfig config, Tokenizer tokenizer)
    {
        List<string> notices = [.. tokenizer.Notices];
        if (config.BosTokenId is { } id && tokenizer.Bos is { } bos && id != bos)
        {
            notices.Add(
                $"{path}: bos_token_id of config.json is {id}, but bos_token of the tokenizer has the id {bos}; "
                    + "the tokenizer's token is used.");
        }
        if (tokenizer.Eos is { } eos && config.EosTokenIds.Count > 0 && !config.EosTokenIds.Contains(eos))
        {
            notices.Add(
                $"{path}: eos_token of the tokenizer has the id {eos}, but eos_token_id of the model is "
                    + $"{string.Join(", ", config.EosTokenIds)}; a response ends at any of them.");
        }
        return notices;
    }
}
