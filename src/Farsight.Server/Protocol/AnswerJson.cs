using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Text.Tokenizers;

namespace Farsight.Server.Protocol;

/// <summary>Represents the tokens that a request used.</summary>
/// <param name="Prompt">Tokens of all prompts.</param>
/// <param name="Completion">New tokens of all answers.</param>
/// <param name="Cached">Prompt tokens that were not computed again.</param>
sealed record TokenUsage(int Prompt, int Completion, int Cached)
{
    /// <summary>Gets OpenAI's usage object.</summary>
    internal JsonObject Json => new()
    {
        ["prompt_tokens"] = Prompt,
        ["completion_tokens"] = Completion,
        ["total_tokens"] = Prompt + Completion,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = Cached },
    };
}

/// <summary>Writes the parts of answers.</summary>
static class AnswerJson
{
    // A token without probability has no finite logarithm, and JSON no infinite number.
    const float LeastLogProb = -9_999;

    /// <summary>Creates the log-probabilities of a chat answer.</summary>
    internal static JsonObject ChatLogProbs(IEnumerable<ScoredToken> tokens, Tokenizer tokenizer) => new()
    {
        ["content"] = new JsonArray([.. tokens.Select(t => ChatToken(t, tokenizer))]),
        ["refusal"] = null,
    };

    static JsonObject ChatToken(ScoredToken scored, Tokenizer tokenizer)
    {
        JsonObject json = ChatAlternative(scored.Token, scored.LogProb, tokenizer);
        // The first token of an answer can lose a space that belongs to the template.
        string whole = tokenizer.TokenText(scored.Token);
        bool isCut = scored.Text.Length < whole.Length && whole.EndsWith(scored.Text, StringComparison.Ordinal);
        if (isCut && !tokenizer.IsSpecial(scored.Token) && !IsPart(scored.Token, tokenizer))
        {
            json["token"] = scored.Text;
            json["bytes"] = Bytes(Encoding.UTF8.GetBytes(scored.Text));
        }
        json["top_logprobs"] = new JsonArray([.. scored.Top.Select(t => ChatAlternative(t.Token, t.LogProb, tokenizer))]);
        return json;
    }

    static JsonObject ChatAlternative(int token, float logProb, Tokenizer tokenizer) => new()
    {
        ["token"] = tokenizer.TokenText(token),
        ["logprob"] = Finite(logProb),
        ["bytes"] = tokenizer.IsSpecial(token) ? new JsonArray() : Bytes(tokenizer.BytesOf(token)),
    };

    /// <summary>Creates the log-probabilities of a plain completion.</summary>
    /// <param name="tokens">The tokens; one without a log-probability is the first of an echoed prompt.</param>
    /// <param name="offset">Number of characters before the first token.</param>
    /// <param name="tokenizer">The model's.</param>
    internal static JsonObject PlainLogProbs(IReadOnlyList<EchoedToken> tokens, int offset, Tokenizer tokenizer)
    {
        JsonArray texts = [], values = [], tops = [], offsets = [];
        foreach (EchoedToken token in tokens)
        {
            texts.Add((JsonNode)JsonValue.Create(token.Text));
            values.Add((JsonNode?)(token.Scored is { } s ? JsonValue.Create(Finite(s.LogProb)) : null));
            tops.Add((JsonNode?)(token.Scored is { } scored ? Top(token.Text, scored, tokenizer) : null));
            offsets.Add((JsonNode)JsonValue.Create(offset));
            offset += CharacterCount(token.Text);
        }
        return new() { ["tokens"] = texts, ["token_logprobs"] = values, ["top_logprobs"] = tops, ["text_offset"] = offsets };
    }

    /// <summary>Counts Unicode characters, as Python does.</summary>
    internal static int CharacterCount(string text)
    {
        int count = 0;
        foreach (Rune _ in text.EnumerateRunes())
        {
            count++;
        }
        return count;
    }

    /// <summary>Names the token itself as the list of tokens does, so that clients find it.</summary>
    static JsonObject Top(string text, ScoredToken scored, Tokenizer tokenizer)
    {
        JsonObject top = new() { [text] = Finite(scored.LogProb) };
        foreach ((int token, float logProb) in scored.Top.Where(t => t.Token != scored.Token))
        {
            top.TryAdd(Key(token, tokenizer), JsonValue.Create(Finite(logProb)));
        }
        return top;
    }

    /// <summary>Names a token: by its text, or by its bytes where these are part of a character.</summary>
    static string Key(int token, Tokenizer tokenizer) => IsPart(token, tokenizer)
        ? "bytes:" + string.Concat(tokenizer.BytesOf(token).ToArray().Select(b => $"\\x{b:x2}"))
        : tokenizer.TokenText(token);

    static bool IsPart(int token, Tokenizer tokenizer) => !System.Text.Unicode.Utf8.IsValid(tokenizer.BytesOf(token));

    static JsonArray Bytes(ReadOnlySpan<byte> bytes)
    {
        JsonArray json = [];
        foreach (byte value in bytes)
        {
            json.Add((JsonNode)JsonValue.Create((int)value));
        }
        return json;
    }

    static float Finite(float logProb) => float.IsFinite(logProb) ? Math.Min(0, logProb) : LeastLogProb;
}

/// <summary>Represents a token of a plain completion or of its echoed prompt.</summary>
/// <param name="Text">What it adds to the text.</param>
/// <param name="Scored">Its log-probability; null for the first token of a prompt.</param>
sealed record EchoedToken(string Text, ScoredToken? Scored);
