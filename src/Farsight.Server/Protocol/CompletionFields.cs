using System.Text.Json;

namespace Farsight.Server.Protocol;

/// <summary>Represents one prompt of a plain completion: a text, or token ids.</summary>
/// <param name="Text">The text; null for token ids.</param>
/// <param name="Tokens">The token ids; null for a text.</param>
sealed record PlainPrompt(string? Text, int[]? Tokens);

/// <summary>Represents a request for plain completions.</summary>
/// <param name="Generation">Fields that both endpoints have.</param>
/// <param name="Prompts">The prompts, at least one.</param>
/// <param name="Echoes">Whether the prompt is part of the answer.</param>
sealed record CompletionFields(GenerationFields Generation, IReadOnlyList<PlainPrompt> Prompts, bool Echoes)
{
    const int MaxPrompts = 2_048, MaxAnswers = 2_048, DefaultTokens = 16;

    /// <summary>Reads a request.</summary>
    /// <exception cref="ApiException">A field is unknown, missing, or has a wrong value; the message names it.</exception>
    internal static CompletionFields Read(JsonElement json)
    {
        RequestFields fields = new(json);
        GenerationFields generation = GenerationFields.Read(fields, isChat: false);
        generation = generation with { MaxTokens = generation.MaxTokens ?? DefaultTokens };
        PlainPrompt[] prompts = ReadPrompts(fields, fields.Require("prompt", "a text, or a list of texts or token ids"));
        if ((long)prompts.Length * generation.Choices > MaxAnswers)
        {
            throw fields.Wrong("n", $"times the {prompts.Length} prompts is more than {MaxAnswers} answers; send fewer at a time");
        }
        bool echoes = fields.Switch("echo") ?? false;
        if (fields.Whole("best_of", 1, 128) is { } best && best != generation.Choices)
        {
            throw fields.Wrong("best_of", $"is {best} and n {generation.Choices}; only equal numbers are supported");
        }
        fields.AcceptOnly("suffix", "an empty text", v => v.ValueKind == JsonValueKind.String && v.GetString() == "");
        fields.AcceptOnly("store", "false", v => v.ValueKind == JsonValueKind.False);
        fields.Done();
        return new(generation, prompts, echoes);
    }

    static PlainPrompt[] ReadPrompts(RequestFields fields, JsonElement prompt)
    {
        if (prompt.ValueKind == JsonValueKind.String)
        {
            return [new(prompt.GetString(), null)];
        }
        JsonElement[] items = prompt.ValueKind == JsonValueKind.Array
            ? [.. prompt.EnumerateArray()]
            : throw fields.Wrong("prompt", $"is {RequestFields.Short(prompt)}; use a text, or a list of texts or token ids");
        if (items.Length == 0)
        {
            throw fields.Wrong("prompt", "is empty; give at least one prompt");
        }
        if (items[0].ValueKind == JsonValueKind.Number)
        {
            return [new(null, Ids(fields, "prompt", items))];
        }
        return items.Length > MaxPrompts
            ? throw fields.Wrong("prompt", $"has {items.Length} prompts; send at most {MaxPrompts} at a time")
            : [.. items.Select((item, i) => item.ValueKind == JsonValueKind.Array
                ? new PlainPrompt(null, Ids(fields, $"prompt[{i}]", [.. item.EnumerateArray()]))
                : new PlainPrompt(fields.AsText($"prompt[{i}]", item), null))];
    }

    /// <summary>Reads the token ids of a prompt.</summary>
    internal static int[] Ids(RequestFields fields, string name, JsonElement[] items) => items.Length == 0
        ? throw fields.Wrong(name, "is empty; give at least one token")
        : [.. items.Select(i => (int)fields.AsWhole(name, i, 0, int.MaxValue))];
}
