namespace Farsight.Text.Tokenizers;

/// <summary>Represents a name of tokenizer.ggml.pre: how byte-level text is split, as llama.cpp defines it by the name.</summary>
/// <remarks>
/// The patterns are those of the tokenizer.json that the name stands for. llama.cpp computes the ones with general categories of letters
/// (tekken, gpt-4o) by approximations.
/// </remarks>
/// <param name="Name">Name in the file.</param>
/// <param name="Patterns">Patterns that split in turn; each match and each text between two matches is a piece.</param>
/// <param name="IgnoresMerges">Whether a piece that is a token is used whole.</param>
/// <param name="AddsBos">Whether BOS begins a text if the file does not say.</param>
sealed record GgufPreTokenizer(string Name, IReadOnlyList<string> Patterns, bool IgnoresMerges = false, bool AddsBos = false)
{
    const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", Before = @"[^\r\n\p{L}\p{N}]?";
    const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    const string Tekken = Before + Upper + "*" + Lower + "+|" + Before + Upper + "+" + Lower + @"*|\p{N}" + Rest;
    const string Gpt4O =
        Before + Upper + "*" + Lower + "+" + Contractions + "?|"
        + Before + Upper + "+" + Lower + "*" + Contractions + @"?|\p{N}{1,3}" + Rest;
    const string Qwen35 =
        Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const string DeepSeek3 =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
        + @"|\s*[\r\n]+|\s+(?!\S)|\s+";

    static readonly string[] s_digits = [DigitSplitter.Pattern, Gpt2Splitter.Pattern];
    static readonly string[] s_deepSeek3 = [@"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DeepSeek3];

    /// <summary>Gets the known names. Of those with equal properties the first is the one to write.</summary>
    static readonly GgufPreTokenizer[] s_all =
    [
        .. Named([Gpt2Splitter.Pattern], "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "gigachat", "exaone4"),
        .. Named([WordSplitter.Llama3], "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2")
            .Select(p => p with { IgnoresMerges = true, AddsBos = true }),
        .. Named([WordSplitter.Llama3], "dbrx", "smaug-bpe", "glm4", "chatglm-bpe"),
        .. Named([WordSplitter.Qwen2], "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "solar-open", "grok-2", "kormo"),
        .. Named([Qwen35], "qwen35"),
        .. Named(s_digits, "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2"),
        .. Named([Tekken], "tekken").Select(p => p with { IgnoresMerges = true, AddsBos = true }),
        .. Named([Gpt4O], "gpt-4o", "llama4", "kanana2", "minimax-m2"),
        .. Named(s_deepSeek3, "deepseek-v3", "hunyuan-dense", "joyai-llm"),
    ];

    /// <summary>Returns the pre-tokenizer of a name, or null.</summary>
    internal static GgufPreTokenizer? Find(string name) => Array.Find(s_all, p => p.Name == name);

    /// <summary>Returns the name for a tokenizer with such patterns, or null.</summary>
    internal static string? NameOf(IReadOnlyList<string> patterns, bool ignoresMerges) =>
        Array.Find(s_all, p => p.IgnoresMerges == ignoresMerges && p.Patterns.SequenceEqual(patterns, StringComparer.Ordinal))?.Name;

    static IEnumerable<GgufPreTokenizer> Named(string[] patterns, params string[] names) =>
        names.Select(n => new GgufPreTokenizer(n, patterns));
}
