using System.Text.Json;

namespace Farsight.Text.Tokenizers;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
sealed class NormalizerReader(TokenizerJson json)
{
    readonly List<TextStep> _steps = [];
    readonly ReplacementReader _replacements = new(json);

    internal IReadOnlyList<TextStep> Read(JsonElement root)
    {
        if (json.Optional(root, "normalizer") is { } normalizer)
        {
            Add(normalizer);
        }
        return _steps;
    }

    void Add(JsonElement normalizer)
    {
        switch (json.Type(normalizer, "normalizer"))
        {
            case "Sequence":
                foreach (JsonElement inner in json.Array(normalizer, "normalizers"))
                {
                    Add(inner);
                }
                break;
            case "NFC":
                _steps.Add(new ComposeStep());
                break;
            case "Prepend":
                _steps.Add(new PrependStep(json.Text(normalizer, "prepend")));
                break;
            case "Replace" when json.Optional(json.Object(normalizer, "pattern"), "Regex") is not null:
                _steps.Add(ReadCollapse(normalizer));
                break;
            case "Replace":
                _steps.Add(_replacements.Read(normalizer));
                break;
            case "Strip":
                _steps.Add(new StripStep(json.Flag(normalizer, "strip_left", true), json.Flag(normalizer, "strip_right", true)));
                break;
            case "Precompiled":
                _steps.Add(ReadMap(normalizer));
                break;
            case var type:
                throw json.Unsupported($"the normalizer '{type}'");
        }
    }

    CollapseStep ReadCollapse(JsonElement replace)
    {
        string content = json.Text(replace, "content");
        return json.Text(json.Object(replace, "pattern"), "Regex") == CollapseStep.Pattern && content.Length <= 2
            ? new(content)
            : throw json.Unsupported("'Replace' of any pattern other than runs of spaces");
    }

    CharacterMapStep ReadMap(JsonElement precompiled)
    {
        string map = json.Text(precompiled, "precompiled_charsmap");
        byte[] bytes = new byte[map.Length];
        return Convert.TryFromBase64String(map, bytes, out int count) && CharacterMapStep.Read(bytes.AsSpan(0, count)) is { } step
            ? step
            : throw json.Damaged("'precompiled_charsmap' is not a map of characters");
    }
}
