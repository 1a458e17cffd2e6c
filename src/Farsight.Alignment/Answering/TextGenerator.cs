using Farsight.Engine;
using Farsight.Engine.Inference;

namespace Farsight.Alignment.Answering;

/// <summary>Continues prompts side by side; what they have in common is computed once.</summary>
public static class TextGenerator
{
    /// <summary>Generates a text for every prompt. The same prompts, options and model give the same texts.</summary>
    /// <param name="model">The model; nobody else uses it meanwhile.</param>
    /// <param name="prompts">[P] tokens each, at least one.</param>
    /// <param name="isRaw">The texts continue the prompts as they are; else they answer what the chat format asked.</param>
    /// <param name="options">How.</param>
    /// <param name="onText">Receives a prompt's number and the text that is now certain; or null.</param>
    /// <param name="cancel">Ends all texts where they are.</param>
    /// <exception cref="InputException">A prompt is empty or fills the model's window, or an option is out of range.</exception>
    public static IReadOnlyList<GeneratedText> Generate(
        LoadedModel model,
        IReadOnlyList<int[]> prompts,
        bool isRaw,
        TextOptions options,
        Action<int, string>? onText,
        CancellationToken cancel)
    {
        options.Check();
        int[] most = [.. prompts.Select(p => RoomAfter(p.Length, model, options.MaxNewTokens))];
        GrowingText[] texts = [.. prompts.Select((p, i) => new GrowingText(p, model.StartOfText(isRaw), options, i))];
        try
        {
            new PromptDecoder(model.Model).Run(prompts, most, (index, logits) =>
            {
                string certain = texts[index].Take(logits, most[index]);
                if (certain.Length > 0)
                {
                    onText?.Invoke(index, certain);
                }
                return texts[index].Finish is null ? texts[index].LastToken : null;
            }, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // the texts stay as far as they came
        }
        return [.. texts.Select(t => t.Result)];
    }

    /// <summary>How many tokens an answer can have.</summary>
    /// <exception cref="InputException">None: the prompt fills the window.</exception>
    internal static int RoomAfter(int prompt, LoadedModel model, int maxNewTokens)
    {
        int window = model.Model.Config.MaxPositionEmbeddings;
        return prompt == 0 ? throw new InputException("The prompt is empty; write something to continue.")
            : prompt < window ? Math.Min(maxNewTokens, window - prompt)
            : throw new InputException(
                $"The prompt has {prompt} tokens and the context window {window}; shorten it, or widen the window with --rope.");
    }
}
