using System.Text.Json;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Text;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json: patterns to split by, and ByteLevel at the end.</summary>
sealed class PreTokenizerReader(TokenizerJson json)
{
    // real files have at most three; each is compiled
    const int MostPatterns = 32;

    readonly List<string> _patterns = [];
    bool _byteLevel;

    internal PreTokenizer Read(JsonElement root)
    {
        if (json.Optional(root, "pre_tokenizer") is { } preTokenizer)
        {
            ReadStage(preTokenizer);
        }
        if (!_byteLevel)
        {
            throw json.Unsupported("a pre_tokenizer without 'ByteLevel'");
        }
        if (_patterns.Count > MostPatterns)
        {
            throw json.Unsupported($"a pre_tokenizer of {_patterns.Count} patterns");
        }
        try
        {
            return new(_patterns);
        }
        catch (ArgumentException e)
        {
            throw json.Unsupported($"a split pattern ({e.Message.TrimEnd('.')})");
        }
    }

    void ReadStage(JsonElement stage)
    {
        string type = json.Type(stage, "pre_tokenizer");
        if (_byteLevel)
        {
            throw json.Unsupported($"the pre_tokenizer '{type}' after 'ByteLevel'");
        }
        switch (type)
        {
            case "Sequence":
                foreach (JsonElement inner in json.Array(stage, "pretokenizers"))
                {
                    ReadStage(inner);
                }
                break;
            case "Split":
                _patterns.Add(SplitPattern(stage));
                break;
            case "Digits":
                _patterns.Add(json.Flag(stage, "individual_digits", false) ? @"\p{N}" : @"\p{N}+");
                break;
            case "ByteLevel":
                ReadByteLevel(stage);
                break;
            default:
                throw json.Unsupported($"the pre_tokenizer '{type}'");
        }
    }

    string SplitPattern(JsonElement split)
    {
        if (json.Text(split, "behavior") is var behavior and not "Isolated" || json.Flag(split, "invert", false))
        {
            throw json.Unsupported($"the pre_tokenizer 'Split' with another behavior than 'Isolated'");
        }
        JsonElement pattern = json.Object(split, "pattern");
        return json.Optional(pattern, "Regex") is not null ? json.Text(pattern, "Regex") : Regex.Escape(json.Text(pattern, "String"));
    }

    void ReadByteLevel(JsonElement byteLevel)
    {
        _byteLevel = true;
        if (json.Flag(byteLevel, "add_prefix_space", true))
        {
            throw json.Unsupported("'add_prefix_space' of the pre_tokenizer 'ByteLevel'");
        }
        if (json.Flag(byteLevel, "use_regex", true))
        {
            _patterns.Add(PreTokenizer.Gpt2);
        }
    }
}
