using System.Text.Json;

namespace Farsight.Text.Tokenizers;

/// <summary>Reads the <c>post_processor</c> of a tokenizer.json: the tokens that it puts around a text.</summary>
sealed class PostProcessorReader(TokenizerJson json, Func<string, int?> idOf, Func<int, bool> exists)
{
    // real files have one or two
    const int MostTokens = 64;

    readonly List<int> _before = [], _after = [];

    internal IReadOnlyList<int> Before => _before;

    internal IReadOnlyList<int> After => _after;

    internal void Read(JsonElement root)
    {
        if (json.Optional(root, "post_processor") is { } postProcessor)
        {
            Add(postProcessor);
        }
    }

    void Add(JsonElement processor)
    {
        switch (json.Type(processor, "post_processor"))
        {
            case "Sequence":
                foreach (JsonElement inner in json.Array(processor, "processors"))
                {
                    Add(inner);
                }
                break;
            case "TemplateProcessing":
                AddTemplate(processor);
                break;
            case "ByteLevel":
                break; // it corrects offsets, which are not used here
            case var type:
                throw json.Unsupported($"the post_processor '{type}'");
        }
    }

    void AddTemplate(JsonElement template)
    {
        List<int> before = [];
        bool text = false;
        foreach (JsonElement part in json.Array(template, "single"))
        {
            if (json.Optional(part, "SpecialToken") is { } token)
            {
                (text ? _after : before).AddRange(Ids(template, json.Text(token, "id")));
                if (before.Count + _before.Count + _after.Count > MostTokens)
                {
                    throw json.Unsupported($"a post_processor of more than {MostTokens} tokens");
                }
            }
            else if (text || json.Text(json.Object(part, "Sequence"), "id") != "A")
            {
                throw json.Unsupported("a post_processor 'TemplateProcessing' that does not use its text once");
            }
            else
            {
                text = true;
            }
        }
        if (!text)
        {
            throw json.Unsupported("a post_processor 'TemplateProcessing' that does not use its text once");
        }
        _before.InsertRange(0, before);
    }

    int[] Ids(JsonElement template, string token)
    {
        int[] ids =
            json.Optional(template, "special_tokens") is { } tokens && json.Optional(tokens, token) is { } entry
                ? [.. json.Array(entry, "ids").Select(e => json.Id(e, $"the post_processor's '{token}'", int.MaxValue))]
            : idOf(token) is { } id ? [id]
            : [];
        return ids.Length > 0 && ids.All(exists)
            ? ids
            : throw json.Damaged($"the post_processor uses '{token}', which is not among the tokens");
    }
}
