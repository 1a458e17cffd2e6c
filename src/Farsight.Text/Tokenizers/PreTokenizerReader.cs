using System.Text.Json;
using System.Text.RegularExpressions;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// Reads the <c>pre_tokenizer</c> of a tokenizer.json: what text gets in front, patterns to split by, and ByteLevel at the end.
/// </summary>
sealed class PreTokenizerReader(TokenizerJson json)
{
    // real files have at most three; each is compiled
    const int MostSplitters = 32;

    // real patterns have some hundred characters
    const int LongestPattern = 4096;

    readonly List<Splitter> _splitters = [];
    readonly List<string> _patterns = [];
    readonly List<TextStep> _prefix = [];
    bool _started;

    internal bool ByteLevel { get; private set; }

    internal IReadOnlyList<TextStep> Prefix => _prefix;

    /// <summary>The patterns whose matches are pieces, in turn; null if there is another way of splitting.</summary>
    internal IReadOnlyList<string>? Patterns => _patterns.Count == _splitters.Count ? _patterns : null;

    internal PreTokenizer Read(JsonElement root)
    {
        if (json.Optional(root, "pre_tokenizer") is { } preTokenizer)
        {
            ReadStage(preTokenizer);
        }
        return new(_splitters);
    }

    void ReadStage(JsonElement stage)
    {
        string type = json.Type(stage, "pre_tokenizer");
        if (ByteLevel)
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
                return;
            case "Split":
                ReadSplit(stage);
                break;
            case "Digits":
                Add(json.Flag(stage, "individual_digits", false) ? DigitSplitter.Pattern : @"\p{N}+", MatchBehavior.Isolated);
                break;
            case "ByteLevel":
                ReadByteLevel(stage);
                break;
            case "Metaspace" when !_started:
                ReadMetaspace(stage);
                break;
            default:
                throw json.Unsupported($"the pre_tokenizer '{type}'{(_started ? " at this place" : "")}");
        }
        _started = true;
    }

    void ReadSplit(JsonElement split)
    {
        JsonElement pattern = json.Object(split, "pattern");
        string behavior = json.Text(split, "behavior");
        bool inverted = json.Flag(split, "invert", false);
        string text = json.Optional(pattern, "Regex") is not null
            ? json.Text(pattern, "Regex")
            : Regex.Escape(json.Text(pattern, "String"));
        if (IsKnown(text) && inverted && behavior == "Removed")
        {
            (inverted, behavior) = (false, "Isolated"); // the known patterns leave nothing between two matches that could be removed
        }
        if (inverted || !Enum.TryParse(behavior, out MatchBehavior known) || !Enum.IsDefined(known) || char.IsAsciiDigit(behavior[0]))
        {
            throw json.Unsupported($"the pre_tokenizer 'Split' with the behavior '{behavior}'{(inverted ? ", inverted," : "")}");
        }
        Add(text, known);
    }

    static bool IsKnown(string pattern) => pattern is WordSplitter.Qwen2 or WordSplitter.Llama3 or Gpt2Splitter.Pattern;

    void Add(string pattern, MatchBehavior behavior)
    {
        if (_splitters.Count == MostSplitters)
        {
            throw json.Unsupported($"a pre_tokenizer of more than {MostSplitters} patterns");
        }
        _splitters.Add(
            behavior != MatchBehavior.Isolated ? Other(pattern, behavior) : pattern switch
            {
                WordSplitter.Qwen2 => new WordSplitter(1),
                WordSplitter.Llama3 => new WordSplitter(3),
                Gpt2Splitter.Pattern => new Gpt2Splitter(),
                DigitSplitter.Pattern => new DigitSplitter(),
                _ => Other(pattern, behavior),
            });
        if (behavior == MatchBehavior.Isolated)
        {
            _patterns.Add(pattern);
        }
    }

    RegexSplitter Other(string pattern, MatchBehavior behavior)
    {
        if (pattern.Length > LongestPattern)
        {
            throw json.Unsupported($"a split pattern of {pattern.Length} characters");
        }
        if (RegexSyntax.FirstForeign(pattern) is { } foreign)
        {
            throw json.Unsupported($"'{foreign}' in a split pattern");
        }
        try
        {
            return new(pattern, behavior);
        }
        catch (ArgumentException e)
        {
            throw json.Unsupported($"a split pattern ({e.Message.TrimEnd('.')})");
        }
    }

    void ReadByteLevel(JsonElement byteLevel)
    {
        ByteLevel = true;
        if (json.Flag(byteLevel, "add_prefix_space", true))
        {
            if (_started)
            {
                throw json.Unsupported("'add_prefix_space' of the pre_tokenizer 'ByteLevel' after another");
            }
            _prefix.Add(new PrefixStep(' ', firstOnly: false));
        }
        if (json.Flag(byteLevel, "use_regex", true))
        {
            Add(Gpt2Splitter.Pattern, MatchBehavior.Isolated);
        }
    }

    void ReadMetaspace(JsonElement metaspace)
    {
        MetaspaceFields fields = MetaspaceFields.Read(json, metaspace);
        _prefix.Add(new ReplaceStep(" ", fields.Sign.ToString()));
        if (fields.Scheme != "never")
        {
            _prefix.Add(new PrefixStep(fields.Sign, firstOnly: fields.Scheme == "first"));
        }
        if (fields.Splits)
        {
            _splitters.Add(new CharacterSplitter(fields.Sign));
        }
    }
}
