using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Templates;
using Farsight.Text.Tokenizers;

namespace Farsight.Text.Conversations;

/// <summary>Encodes contexts, questions, answers and conversations as tokens, for synthesis, training, evaluation and generation.</summary>
/// <remarks>
/// The model's chat template decides. A context and a question are one user message, with an empty line between them; a template that
/// knows <c>&lt;|context|&gt;</c>, as the small model's, gets the context as a message of its own. Prompt and response are encoded each by
/// itself and joined as tokens, never decoded and encoded again, so the boundary between them is the same everywhere.
/// Only the template's own markup becomes control tokens: text of messages is marked while the template runs
/// (<see cref="MarkedText"/>) and encoded as text. BOS occurs exactly as often as the template writes it. The clock of
/// templates that tell the date stands still, so that a prompt always has the same tokens, and answers are asked for without thinking aloud
/// (enable_thinking is false).
/// </remarks>
public sealed class ChatFormat
{
    /// <summary>Gets the special tokens of the small model's format, in the order of their ids.</summary>
    public static IReadOnlyList<string> SpecialTokens { get; } =
    ["<|begin_of_text|>", "<|end_of_text|>", "<|user|>", "<|assistant|>", "<|context|>"];

    /// <summary>The small model's chat template; every role except user and assistant is a context.</summary>
    internal const string TemplateText =
        "{{ bos_token }}{% for message in messages %}"
        + "{% if message['role'] == 'user' %}<|user|>{{ message['content'] }}"
        + "{% elif message['role'] == 'assistant' %}<|assistant|> {{ message['content'] }}{{ eos_token }}"
        + "{% else %}<|context|> {{ message['content'] }}{% endif %}"
        + "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

    // No text holds these characters, and no template strips them.
    const string Place = "\uE0F0\uE0F1\uE0F2";

    static readonly DateTime s_now = new(2024, 7, 26);
    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    readonly Tokenizer _tokenizer;
    readonly ChatTemplate _template;
    readonly IReadOnlyDictionary<string, string> _markup;
    readonly IReadOnlyList<string> _additional;
    readonly Action<string>? _notice;
    readonly HashSet<string> _noticed = new(StringComparer.Ordinal);
    readonly SeamlessEncoder _encoder;
    readonly bool _hasContexts;
    readonly string _contextLead;
    readonly ResponseFrame _response;

    ChatFormat(
        Tokenizer tokenizer, ChatTemplate template, IReadOnlyDictionary<string, string> markup, IReadOnlyList<string> additional,
        Action<string>? notice)
    {
        (_additional, _notice) = (additional, notice);
        (_tokenizer, _template, _markup, _encoder) = (tokenizer, template, markup, new(tokenizer));
        _hasContexts = template.Source.Contains(SpecialTokens[4], StringComparison.Ordinal);
        (MarkedText before, _contextLead, _) = Around("");
        ContextPrefix = _encoder.Start(before);
        _response = ResponseFrame.Find(Render([new("user", "x")], true).Value, Answered(Place), Place);
        Eos = FindEnd();
        Bos = IdOf("bos_token") ?? tokenizer.Bos ?? tokenizer.Eos ?? Eos;
    }

    /// <summary>Gets the tokenizer of prompts and responses.</summary>
    public Tokenizer Tokenizer => _tokenizer;

    /// <summary>Gets the token that begins a text, or the one that ends it if the tokenizer has no BOS.</summary>
    public int Bos { get; }

    /// <summary>Gets the token that ends a response.</summary>
    public int Eos { get; }

    /// <summary>Gets the tokens before the context.</summary>
    public IReadOnlyList<int> ContextPrefix { get; }

    /// <summary>Gets the white space before every answer that is not part of it; often empty.</summary>
    public string ResponseLead => _response.Lead;

    /// <summary>Creates the small model's format for a tokenizer that has its tokens.</summary>
    /// <exception cref="InputException">The tokenizer lacks special tokens of the format.</exception>
    public static ChatFormat For(Tokenizer tokenizer)
    {
        string[] missing = [.. SpecialTokens.Where(t => tokenizer.IdOf(t) is null)];
        return missing.Length == 0
            ? Of(tokenizer, ChatTemplate.Parse(TemplateText, "the small model's chat template"), SpecialTokens[0], SpecialTokens[1])
            : throw new InputException(
                $"The tokenizer lacks the special tokens {string.Join(", ", missing)} of the chat format; use a model that has them.");
    }

    /// <summary>Creates a format from a template, such as that of a GGUF file.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">The model's.</param>
    /// <param name="bos">The spelling of BOS, or null.</param>
    /// <param name="eos">The spelling of EOS, or null.</param>
    /// <exception cref="TemplateException">The template refuses a question with an answer, or cannot be evaluated.</exception>
    public static ChatFormat Of(Tokenizer tokenizer, ChatTemplate template, string? bos, string? eos)
    {
        Dictionary<string, string> markup = new(StringComparer.Ordinal);
        _ = bos is null || markup.TryAdd("bos_token", bos);
        _ = eos is null || markup.TryAdd("eos_token", eos);
        return new(tokenizer, template, markup, [], null);
    }

    /// <summary>Loads the format of a model directory: chat_template.jinja, or chat_template in tokenizer_config.json.</summary>
    /// <param name="directory">The model's.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="notice">Receives a sentence for each template that is not used, and for each undefined name that the template
    /// renders, such as a special token that no file defines; once per name, on any thread. Null to ignore them.</param>
    /// <exception cref="InputException">There is no template, it is damaged, or it cannot be evaluated.</exception>
    public static ChatFormat Load(string directory, Tokenizer tokenizer, Action<string>? notice = null)
    {
        ChatTemplateFiles files = ChatTemplateFiles.Read(directory);
        files.Notices.ToList().ForEach(n => notice?.Invoke(n));
        if (files.Template is { } template)
        {
            return new(tokenizer, template, files.Markup, files.Additional, notice);
        }
        if (SpecialTokens.Any(t => tokenizer.IdOf(t) is null))
        {
            throw new InputException(
                $"{directory} has no chat template; use an instruction-tuned model, add a chat_template.jinja, or generate without a "
                    + "chat template."
            );
        }
        notice?.Invoke(
            $"{directory} has no chat template; the built-in template of Farsight's small model is used, because the tokenizer has its "
                + "special tokens.");
        return For(tokenizer);
    }

    /// <summary>Reads the source of a model directory's chat template, and the names of those beside it, without parsing any.</summary>
    /// <param name="directory">The model's.</param>
    /// <exception cref="InputException">A file is damaged.</exception>
    public static (string? Template, IReadOnlyList<string> Others) SourceOf(string directory)
    {
        TemplateSource source = ChatTemplateFiles.SourceOf(directory);
        return (source.Text, source.Others);
    }

    /// <summary>Returns whether <see cref="Load"/> finds a format.</summary>
    /// <exception cref="InputException">There is a template, but it is damaged.</exception>
    public static bool Exists(string directory, Tokenizer tokenizer) =>
        ChatTemplateFiles.Read(directory).Template is not null || SpecialTokens.All(t => tokenizer.IdOf(t) is not null);

    /// <summary>Encodes a context as it appears within a prompt. Parts of it are valid contexts too.</summary>
    /// <param name="text">The context.</param>
    /// <param name="history">Messages before it; null for none.</param>
    public int[] Context(string text, IReadOnlyList<ChatTurn>? history = null) =>
        _encoder.Continue(MarkedText.FromMessage((history is { Count: > 0 } ? Around("", history).Lead : _contextLead) + text));

    /// <summary>Encodes the part between context and response: the question and the markup up to the answer.</summary>
    public int[] QuestionAndTurn(string question) => _encoder.Continue(Around(question).After);

    /// <summary>Encodes the part between an answer's end token and the next answer: the next question and its markup.</summary>
    /// <param name="answer">The answer before it.</param>
    /// <param name="question">The next question.</param>
    /// <exception cref="TemplateException">The template refuses a second question: the message says why.</exception>
    /// <exception cref="InputException">The template does not render earlier answers, or rewrites this one, so the conversation
    /// would not be the one that the model sees in use.</exception>
    public int[] NextTurn(string answer, string question)
    {
        MarkedText all = Render([new("user", "x"), new("assistant", Place), new("user", question)], true);
        int at = all.Value.IndexOf(Place, StringComparison.Ordinal),
            end = at + Place.Length;
        if (at < 0)
        {
            throw new InputException(
                "The chat template does not render earlier answers, so multi-turn conversations cannot be trained. Use another "
                    + "template."
            );
        }
        string real = Render([new("user", "x"), new("assistant", answer), new("user", question)], true).Value;
        int length = real.Length - at - (all.Length - end);
        if (length < 0
            || !real.AsSpan(0, at).SequenceEqual(all.Value.AsSpan(0, at))
            || !real.AsSpan(at + length).SequenceEqual(all.Value.AsSpan(end))
            || !real.AsSpan(at, length).Trim().SequenceEqual(answer.AsSpan().Trim()))
        {
            throw new InputException(
                "The chat template rewrites the answer of an earlier turn, for example to remove a thought, so the conversation cannot be "
                    + "trained as written. Leave the thought out of the answer, or keep the first turn only."
            );
        }
        int[] tokens = _encoder.Continue(all.Slice(end, all.Length - end));
        return tokens[(Array.IndexOf(tokens, Eos) + 1)..];
    }

    /// <summary>Encodes an answer as written after the prompt, including the token that ends it.</summary>
    public int[] Response(string answer)
    {
        int[] tokens = _encoder.Continue(_response.Place(answer, Answered), isAnswer: true);
        int end = Array.IndexOf(tokens, Eos);
        return end >= 0 ? tokens[..(end + 1)] : [.. tokens, Eos];
    }

    /// <summary>Encodes an answer that may call tools, as the template writes it behind the prompt, with the token that ends it.</summary>
    /// <param name="answer">Its text before the calls; may be empty.</param>
    /// <param name="calls">The calls; null for none.</param>
    /// <exception cref="InputException">The template does not write calls behind the prompt.</exception>
    public int[] Response(string answer, JsonArray? calls)
    {
        if (calls is null)
        {
            return Response(answer);
        }
        ChatTurn[] asked = [new("user", "x")];
        MarkedText prompt = Render(asked, true), all = Render(
            [.. asked, new ChatTurn("assistant", answer) { ToolCalls = calls }], false);
        if (!all.Value.StartsWith(prompt.Value, StringComparison.Ordinal) || !WrittenMessages.HasNames(all.Value[prompt.Length..], calls))
        {
            throw new InputException(
                "The chat template does not write calls of tools where an answer begins, so they cannot be trained. Use another template.");
        }
        int[] tokens = _encoder.Continue(all.Slice(prompt.Length, all.Length - prompt.Length), isAnswer: true);
        int end = Array.IndexOf(tokens, Eos);
        return end >= 0 ? tokens[..(end + 1)] : [.. tokens, Eos];
    }

    /// <summary>Encodes a whole prompt.</summary>
    /// <param name="context">The context; empty for a question alone.</param>
    /// <param name="question">The question.</param>
    public int[] Prompt(string context, string question) => Prompt(context.Length == 0 ? [] : Context(context), question);

    /// <summary>Encodes a whole prompt around the given tokens of a context; without tokens, the question alone.</summary>
    public int[] Prompt(ReadOnlySpan<int> contextTokens, string question)
    {
        (int[] before, int[] after) = Frame(question, contextTokens.Length > 0);
        return [.. before, .. contextTokens, .. after];
    }

    /// <summary>
    /// Encodes the parts of a prompt before and after its context. Synthesis, training and evaluation build every prompt from them.
    /// </summary>
    /// <param name="question">The question.</param>
    /// <param name="hasContext">Whether there is a context. Without one, nothing stands before it, and the conversation of the question
    /// alone after it: the prompt has no empty context message.</param>
    /// <param name="history">Messages before context and question, such as a system message or earlier turns; null for none.</param>
    /// <param name="tools">Tools that the model may call, and calls behind the question; null for none.</param>
    /// <exception cref="TemplateException">The template refuses the messages: the message says why.</exception>
    /// <exception cref="InputException">The template omits or rewrites a message of the history, or does not render tools.</exception>
    public (int[] Before, int[] After) Frame(
        string question, bool hasContext, IReadOnlyList<ChatTurn>? history = null, ToolUse? tools = null)
    {
        if (history is not { Count: > 0 } && tools is null)
        {
            return hasContext ? ([.. ContextPrefix], QuestionAndTurn(question)) : ([], Conversation([new("user", question)]));
        }
        WrittenMessages.Check(history ?? [], tools, turns => Render(turns, true, tools?.Tools).Value, Place);
        if (!hasContext)
        {
            ChatTurn[] turns = [.. history ?? [], new("user", question), .. tools?.Turns ?? []];
            return ([], _encoder.Start(Render(turns, true, tools?.Tools)));
        }
        (MarkedText before, _, MarkedText after) = Around(question, history, tools);
        return (_encoder.Start(before), _encoder.Continue(after));
    }

    /// <summary>Encodes the prompt of a conversation, up to the next answer.</summary>
    /// <exception cref="TemplateException">The template refuses it: the message says why.</exception>
    public int[] Conversation(IReadOnlyList<ChatTurn> turns) => Conversation(turns, "");

    /// <summary>Encodes the prompt of a conversation and the first words of the next answer as one text.</summary>
    /// <exception cref="TemplateException">The template refuses it: the message says why.</exception>
    public int[] Conversation(IReadOnlyList<ChatTurn> turns, string answerPrefix) =>
        _encoder.Start(new MarkedText.Builder().Append(Render(turns, true)).Append(MarkedText.FromMessage(answerPrefix)).Build());

    /// <summary>Gets whether the template renders tools that the model may call.</summary>
    public bool RendersTools => _template.Source.Contains("tools", StringComparison.Ordinal);

    /// <summary>Gets whether the template mentions a word, such as the name of a role or the marker of a tool call.</summary>
    public bool Mentions(string word) => _template.Source.Contains(word, StringComparison.Ordinal);

    /// <summary>Encodes the prompt of a conversation whose messages have more than a role and a text.</summary>
    /// <param name="messages">Objects as Hugging Face's templates expect them: role, content, tool_calls.</param>
    /// <param name="tools">The value of tools: a list of functions; null for none.</param>
    /// <param name="text">The rendered template, with its control tokens spelled out.</param>
    /// <exception cref="TemplateException">The template refuses it: the message says why.</exception>
    public int[] Conversation(JsonArray messages, JsonArray? tools, out string text)
    {
        MarkedText rendered = Render(messages, true, tools);
        text = rendered.Value;
        return _encoder.Start(rendered);
    }

    /// <summary>
    /// Writes tokenizer.json and tokenizer_config.json of the small model's format into a model directory, complete for other
    /// tools.
    /// </summary>
    /// <param name="directory">The model's directory.</param>
    /// <param name="contextLength">The longest sequence the model is meant for, in tokens.</param>
    /// <exception cref="IOException">A file could not be written.</exception>
    public void Save(string directory, int contextLength)
    {
        _tokenizer.Save(Path.Combine(directory, "tokenizer.json"));
        AtomicFile.WriteText(Path.Combine(directory, "tokenizer_config.json"), ConfigText(contextLength));
    }

    /// <summary>Returns the content of the small model's tokenizer_config.json.</summary>
    /// <param name="contextLength">The longest sequence the model is meant for, in tokens.</param>
    internal static string ConfigText(int contextLength) =>
        JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["tokenizer_class"] = "PreTrainedTokenizerFast",
                ["bos_token"] = SpecialTokens[0],
                ["eos_token"] = SpecialTokens[1],
                ["pad_token"] = SpecialTokens[1],
                ["additional_special_tokens"] = SpecialTokens.Skip(2),
                ["model_max_length"] = contextLength,
                ["clean_up_tokenization_spaces"] = false,
                ["add_bos_token"] = true,
                ["chat_template"] = TemplateText,
            },
            s_json) + "\n";

    /// <summary>Renders a whole conversation, for tests.</summary>
    internal MarkedText Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt, JsonArray? tools = null) =>
        Render([.. turns.Select(t => (JsonNode)t.ToJson())], addGenerationPrompt, tools);

    MarkedText Render(JsonArray messages, bool addGenerationPrompt, JsonArray? tools)
    {
        JsonObject variables = new() { ["enable_thinking"] = false };
        if (tools is not null)
        {
            variables["tools"] = tools.DeepClone();
        }
        return _template.Render(
            messages, addGenerationPrompt, _markup, s_now, variables, _additional, _notice is null ? null : NoticeOnce);
    }

    /// <summary>Reports a sentence the first time only, because every prompt is rendered with the same template.</summary>
    void NoticeOnce(string sentence)
    {
        lock (_noticed)
        {
            if (!_noticed.Add(sentence))
            {
                return;
            }
        }
        _notice!(sentence);
    }

    /// <summary>A prompt's text before and after its context; one space before the context counts as the context's own.</summary>
    (MarkedText Before, string Lead, MarkedText After) Around(
        string question, IReadOnlyList<ChatTurn>? history = null, ToolUse? tools = null)
    {
        ChatTurn[] last = _hasContexts ? [new("context", Place), new("user", question)] : [new("user", $"{Place}\n\n{question}")];
        MarkedText all = Render([.. history ?? [], .. last, .. tools?.Turns ?? []], true, tools?.Tools);
        int at = all.Value.IndexOf(Place, StringComparison.Ordinal),
            end = at + Place.Length;
        if (at < 0)
        {
            throw new InputException(
                "The chat template does not render user messages. Use another template.");
        }
        string lead = at > 0 && all.Value[at - 1] == ' ' ? " " : "";
        return (all.Slice(0, at - lead.Length), lead, all.Slice(end, all.Length - end));
    }

    /// <summary>Finds the token that ends an answer: the first control token behind it, else the end token of the tokenizer.</summary>
    int FindEnd()
    {
        HashSet<int> added = [.. _tokenizer.AddedTokens.Where(t => !string.IsNullOrWhiteSpace(t.Content)).Select(t => t.Id)];
        int eos = _encoder.Start(_response.Tail).FirstOrDefault(added.Contains, IdOf("eos_token") ?? _tokenizer.Eos ?? -1);
        return eos >= 0
            ? eos
            : throw new InputException(
                "Neither the chat template nor the tokenizer defines a token that ends an answer. Add eos_token to tokenizer_config.json.");
    }

    MarkedText Answered(string answer) => Render([new("user", "x"), new("assistant", answer)], false);

    int? IdOf(string name) => _markup.TryGetValue(name, out string? text) ? _tokenizer.IdOf(text) : null;
}
