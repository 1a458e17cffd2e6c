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
            case "Replace":
                _steps.Add(_replacements.Read(normalizer));
                break;
            case var type:
                throw json.Unsupported($"the normalizer '{type}'");
        }
    }
}
