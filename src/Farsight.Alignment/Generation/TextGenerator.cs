using Farsight.Engine;
using Farsight.Engine.Inference;

namespace Farsight.Alignment.Generation;

/// <summary>Continues prompts side by side; what they have in common is computed once.</summary>
public static class TextGenerator
{
    // Fewer common tokens are not worth a pass of their own.
    const int LeastShared = 16;

    /// <summary>Generates a text for every prompt. The same prompts, options and model give the same texts.</summary>
    /// <param name="model">The model; nobody else uses it meanwhile.</param>
    /// <param name="prompts">[P] tokens each, at least one.</param>
    /// <param name="isRaw">The texts continue the prompts as they are; else they answer what the chat format asked.</param>
    /// <param name="options">How.</param>
    /// <param name="onText">Receives a prompt's number and the text that is now certain; or null.</param>
    /// <param name="cancel">Ends all texts where they are.</param>
    /// <exception cref="InputException">A prompt is empty or fills the model's window, or an option is out of range.</exception>
    public static IReadOnlyList<GeneratedText> Generate(
        LoadedModel model, IReadOnlyList<int[]> prompts, bool isRaw, TextOptions options, Action<int, string>? onText, CancellationToken cancel)
    {
        options.Check();
        int[] most = [.. prompts.Select(p => RoomAfter(p.Length, model, options.MaxNewTokens))];
        GrowingText[] texts = [.. prompts.Select((p, i) => new GrowingText(p, model.StartOfText(isRaw), options, i))];
        int common = prompts.Count > 1 ? CommonPrefix(prompts) : 0;
        common = common < LeastShared || !DecodingBatch.CanShare(model.Model) ? 0 : common;

        using DecodingBatch batch = new(model.Model, [common, .. prompts.Select((p, i) => p.Length - common + most[i])]);
        if (common > 0)
        {
            batch.Extend([new(0, prompts[0][..common])], (_, _) => { }, cancel);
            Enumerable.Range(1, prompts.Count).ToList().ForEach(sequence => batch.Share(sequence, 0));
        }
        List<SequencePiece> pieces = [.. prompts.Select((p, i) => new SequencePiece(i + 1, p[batch.LengthOf(i + 1)..]))];
        while (pieces.Count > 0 && !cancel.IsCancellationRequested)
        {
            pieces = Step(batch, pieces, texts, most, onText, cancel);
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
            : throw new InputException($"The prompt has {prompt} tokens and the context window {window}; shorten it, or widen the window with --rope.");
    }

    static List<SequencePiece> Step(
        DecodingBatch batch, List<SequencePiece> pieces, GrowingText[] texts, int[] most, Action<int, string>? onText, CancellationToken cancel)
    {
        List<SequencePiece> next = [];
        try
        {
            batch.Extend(pieces, (sequence, logits) =>
            {
                int index = sequence - 1;
                string certain = texts[index].Take(logits, most[index]);
                if (certain.Length > 0)
                {
                    onText?.Invoke(index, certain);
                }
                if (texts[index].Finish is null)
                {
                    next.Add(new(sequence, [texts[index].LastToken]));
                }
            }, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return [];
        }
        return next;
    }

    /// <summary>Tokens that all prompts begin with; each keeps one of its own.</summary>
    static int CommonPrefix(IReadOnlyList<int[]> prompts)
    {
        int most = prompts.Min(p => p.Length) - 1, common = 0;
        while (common < most && prompts.All(p => p[common] == prompts[0][common]))
        {
            common++;
        }
        return common;
    }
}
