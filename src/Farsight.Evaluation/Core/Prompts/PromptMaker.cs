using System.Buffers.Binary;
using System.Security.Cryptography;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Core.Prompts;

/// <summary>Renders and cuts the token prompts of a local model, or of a server that reads exact tokens.</summary>
/// <remarks>
/// 1. If the benchmark cuts (<see cref="EvalPrompt.Messages.Cut"/>), the last message is cut to the limit: the user's, or what the window
/// leaves after completion, template and answer prefix. The template's own tokens do not count in the user's limit, as in LongBench. 2.
/// With a template, messages and answer prefix are rendered and encoded as one text; without one, the
/// texts are joined by empty lines, the prefix follows, and BOS is added if the tokenizer adds it. 3. What does not fit the window
/// is an error: nothing is cut that the benchmark does not cut.
/// </remarks>
/// <param name="tokens">The model's tokenizer.</param>
/// <param name="format">The model's chat format; null if it has none.</param>
/// <param name="options">The user's choices.</param>
sealed class PromptMaker(ITextTokens tokens, IPromptText? format, PromptOptions options) : IPromptMaker
{
    /// <summary>The template of a prompt that came as ids.</summary>
    public const string ExactTokens = "exact tokens";

    const int MostTries = 8, EndTokens = 160;

    /// <inheritdoc/>
    public ITextTokens? Tokens => tokens;

    /// <inheritdoc/>
    /// <exception cref="InputException">Prompt and completion do not fit the window, or the template refuses the messages.</exception>
    public RenderedPrompt Make(EvalPrompt prompt, int maxNewTokens, int? length = null)
    {
        int? window = options.Window is { } own ? Math.Max(own, length ?? 0) : null;
        return prompt is EvalPrompt.Messages messages
            ? Fitting(Make(messages, maxNewTokens, window), maxNewTokens, length > options.Window ? null : window)
            : Of(ExactTokens, ((EvalPrompt.Tokens)prompt).Ids);
    }

    RenderedPrompt Make(EvalPrompt.Messages prompt, int maxNewTokens, int? window)
    {
        bool isChat =
            format is not null
            && (options.Template == TemplateUse.Chat || (options.Template == TemplateUse.Task && prompt.UseChatTemplate));
        string template =
            isChat ? "chat"
            : prompt.UseChatTemplate && format is null ? "raw: no chat template"
            : "raw";
        if (prompt.Cut is not { } cut || (options.MaxPrompt ?? window) is null)
        {
            return Of(template, Render(prompt.Turns));
        }

        string text = prompt.Turns[^1].Content;
        int limit = options.MaxPrompt ?? window!.Value - maxNewTokens - Render(With("")).Length;
        for (int i = 0; ; i++)
        {
            int[] ids = Render(With(cut.Apply(text, Math.Max(2, limit), tokens, out int removed)));
            int over = ids.Length + maxNewTokens - (window ?? int.MaxValue);
            if (over <= 0 || options.MaxPrompt is not null || i == MostTries)
            {
                return Of(template, ids) with { Cut = removed > 0 ? cut.Name : null, CutTokens = removed };
            }
            limit -= over; // text that was cut, decoded and encoded again may have a few tokens more
        }

        IReadOnlyList<ChatTurn> With(string content) => [.. prompt.Turns.SkipLast(1), prompt.Turns[^1] with { Content = content }];

        int[] Render(IReadOnlyList<ChatTurn> turns) => isChat
            ? format!.Conversation(turns, prompt.AnswerPrefix)
            : tokens.EncodeStart(new Prompt.Chat(turns) { AnswerPrefix = prompt.AnswerPrefix }.PlainText);
    }

    static RenderedPrompt Fitting(RenderedPrompt made, int maxNewTokens, int? window) =>
        made.Tokens.Count + maxNewTokens <= (window ?? int.MaxValue)
            ? made
            : throw new InputException(
                $"The prompt has {made.Tokens.Count} tokens and its completion room for {maxNewTokens}, "
                    + $"together more than the window of {window}; extend the window with RoPE scaling, or evaluate shorter lengths."
            );

    RenderedPrompt Of(string template, IReadOnlyList<int> ids) =>
        new(template, Hash(ids), new Prompt.Tokens(ids))
        {
            BosCount = tokens.Bos is { } bos ? ids.Count(id => id == bos) : 0,
            // The first of the tokens may be the rest of a character.
            End = RenderedPrompt.EndOf(tokens.Decode([.. ids.Skip(ids.Count - EndTokens)]).TrimStart('\uFFFD')),
        };

    internal static string Hash(IReadOnlyList<int> ids)
    {
        byte[] bytes = new byte[ids.Count * sizeof(int)];
        for (int i = 0; i < ids.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), ids[i]);
        }
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
