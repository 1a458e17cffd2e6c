using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;

namespace Farsight.Alignment.Text;

/// <summary>How a context, a question and an answer become tokens: in synthesis, training, evaluation and serving alike.</summary>
/// <remarks>
/// The prompt is BOS <c>&lt;|context|&gt;</c> context <c>&lt;|user|&gt;</c> question <c>&lt;|assistant|&gt;</c>, the response " " answer EOS. The context
/// too begins with a space, so that an answer has the tokens that it has within the context. Parts are encoded one by one and
/// put together as tokens, never decoded and encoded again, so the boundary between prompt and response is always the same.
/// </remarks>
public sealed class ChatFormat
{
    /// <summary>The special tokens of the format, in the order of their ids in the small model.</summary>
    public static IReadOnlyList<string> SpecialTokens { get; } = ["<|begin_of_text|>", "<|end_of_text|>", "<|user|>", "<|assistant|>", "<|context|>"];

    /// <summary>The same format as a chat template in Jinja, for other tools; every role but user and assistant is a context.</summary>
    public const string TemplateText =
        "{{ bos_token }}{% for message in messages %}"
        + "{% if message['role'] == 'user' %}<|user|>{{ message['content'] }}"
        + "{% elif message['role'] == 'assistant' %}<|assistant|> {{ message['content'] }}{{ eos_token }}"
        + "{% else %}<|context|> {{ message['content'] }}{% endif %}"
        + "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

    static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly Tokenizer _tokenizer;
    readonly int _user, _assistant;

    ChatFormat(Tokenizer tokenizer, int[] special)
    {
        _tokenizer = tokenizer;
        (Bos, Eos, _user, _assistant) = (special[0], special[1], special[2], special[3]);
        ContextPrefix = [Bos, special[4]];
    }

    /// <summary>The token that begins a prompt.</summary>
    public int Bos { get; }

    /// <summary>The token that ends a response.</summary>
    public int Eos { get; }

    /// <summary>What stands before the context: BOS and <c>&lt;|context|&gt;</c>.</summary>
    public IReadOnlyList<int> ContextPrefix { get; }

    /// <summary>The format for a tokenizer.</summary>
    /// <exception cref="InputException">The tokenizer lacks special tokens of the format.</exception>
    public static ChatFormat For(Tokenizer tokenizer)
    {
        string[] missing = [.. SpecialTokens.Where(t => tokenizer.IdOf(t) is null)];
        return missing.Length == 0
            ? new(tokenizer, [.. SpecialTokens.Select(t => tokenizer.IdOf(t)!.Value)])
            : throw new InputException($"The tokenizer lacks the special tokens {string.Join(", ", missing)} of the chat format; use a model that has them.");
    }

    /// <summary>The tokens of a context, after its leading space. Pieces of them make contexts too.</summary>
    public int[] Context(string text) => _tokenizer.Encode(" " + text);

    /// <summary>What stands between the context and the response: <c>&lt;|user|&gt;</c>, the question, <c>&lt;|assistant|&gt;</c>.</summary>
    public int[] QuestionAndTurn(string question) => [_user, .. _tokenizer.Encode(question), _assistant];

    /// <summary>The tokens of an answer, after its leading space, and EOS.</summary>
    public int[] Response(string answer) => [.. _tokenizer.Encode(" " + answer), Eos];

    /// <summary>A whole prompt.</summary>
    public int[] Prompt(string context, string question) => Prompt(Context(context), question);

    /// <summary>A whole prompt around the tokens of a context, as they are.</summary>
    public int[] Prompt(ReadOnlySpan<int> contextTokens, string question) => [.. ContextPrefix, .. contextTokens, .. QuestionAndTurn(question)];

    /// <summary>The answer in a completion: what stands before the first EOS, without the leading space.</summary>
    public string ReadResponse(ReadOnlySpan<int> completion)
    {
        int end = completion.IndexOf(Eos);
        string text = _tokenizer.Decode(end >= 0 ? completion[..end] : completion);
        return text.StartsWith(' ') ? text[1..] : text;
    }

    /// <summary>Writes tokenizer.json and tokenizer_config.json into a model's directory, complete for other tools.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <param name="contextLength">The longest sequence the model is meant for, in tokens.</param>
    /// <exception cref="IOException">A file could not be written.</exception>
    public void Save(string directory, int contextLength)
    {
        _tokenizer.Save(Path.Combine(directory, "tokenizer.json"));
        AtomicFile.WriteText(Path.Combine(directory, "tokenizer_config.json"), ConfigText(contextLength));
    }

    /// <summary>The content of tokenizer_config.json.</summary>
    /// <param name="contextLength">The longest sequence the model is meant for, in tokens.</param>
    public static string ConfigText(int contextLength) =>
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
}
