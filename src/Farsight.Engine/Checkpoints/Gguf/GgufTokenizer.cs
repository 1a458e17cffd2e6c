using System.Text.RegularExpressions;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Represents the tokenizer of a GGUF file as plain lists.</summary>
public sealed partial record GgufTokenizer
{
    internal const string BosKey = "tokenizer.ggml.bos_token_id",
        EosKey = "tokenizer.ggml.eos_token_id",
        EotKey = "tokenizer.ggml.eot_token_id";

    const string Prefix = "tokenizer.ggml.";
    const string ModelKey = Prefix + "model", PreKey = Prefix + "pre", TokensKey = Prefix + "tokens", TypesKey = Prefix + "token_type";
    const string ScoresKey = Prefix + "scores", MergesKey = Prefix + "merges", UnknownKey = Prefix + "unknown_token_id";
    const string AddBosKey = Prefix + "add_bos_token", AddEosKey = Prefix + "add_eos_token", AddSpaceKey = Prefix + "add_space_prefix";
    const string SeparatorKey = Prefix + "seperator_token_id", PaddingKey = Prefix + "padding_token_id"; // llama.cpp spells the first so
    const string ClassKey = Prefix + "cls_token_id", MaskKey = Prefix + "mask_token_id";
    const string SpecifiedSeparatorKey = Prefix + "separator_token_id";
    const string TemplateKey = "tokenizer.chat_template", JsonKey = "tokenizer.huggingface.json";

    static readonly string[] s_phi3 = ["<unk>", "<s>", "</s>", "<|endoftext|>"];

    /// <summary>Kind of the tokenizer: "gpt2" for byte-level BPE, "llama" for SentencePiece BPE.</summary>
    public required string Model { get; init; }

    /// <summary>Pre-tokenizer: "llama-bpe", "qwen2"; null if the model needs none.</summary>
    public string? Pre { get; init; }

    /// <summary>Tokens: [V].</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>Types of the tokens: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. [V]; empty for all normal.</summary>
    public IReadOnlyList<int> Types { get; init; } = [];

    /// <summary>Merge scores, higher first: [V]; empty for byte-level BPE.</summary>
    public IReadOnlyList<float> Scores { get; init; } = [];

    /// <summary>Merges "left right" in order of priority; empty for SentencePiece BPE.</summary>
    public IReadOnlyList<string> Merges { get; init; } = [];

    /// <summary>Token that starts a text.</summary>
    public int? Bos { get; init; }

    /// <summary>Token that ends a text.</summary>
    public int? Eos { get; init; }

    /// <summary>Token that ends a turn, if different.</summary>
    public int? Eot { get; init; }

    /// <summary>Token for text outside the vocabulary.</summary>
    public int? Unknown { get; init; }

    /// <summary>Token that separates two texts; only chat templates use it.</summary>
    public int? Separator { get; init; }

    /// <summary>Token that fills up a batch.</summary>
    public int? Padding { get; init; }

    /// <summary>Token that stands for a whole text; only chat templates use it.</summary>
    public int? Class { get; init; }

    /// <summary>Token that hides another; only chat templates use it.</summary>
    public int? Mask { get; init; }

    /// <summary>Ids of the special tokens that exist, by the names that chat templates use: bos_token, sep_token, …</summary>
    public IReadOnlyDictionary<string, int> Named =>
        new (string Name, int? Id)[]
        {
            ("bos_token", Bos), ("eos_token", Eos), ("unk_token", Unknown), ("sep_token", Separator), ("pad_token", Padding),
            ("cls_token", Class), ("mask_token", Mask),
        }
            .Where(n => n.Id is not null)
            .ToDictionary(n => n.Name, n => n.Id!.Value, StringComparer.Ordinal);

    /// <summary>Whether a text starts with <see cref="Bos"/>; null if the file does not say.</summary>
    public bool? AddBos { get; init; }

    /// <summary>Whether a text ends with <see cref="Eos"/>; null if the file does not say.</summary>
    public bool? AddEos { get; init; }

    /// <summary>Whether a text gets a leading space; null if the file does not say.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary>Whether special tokens take the white space after them, as llama.cpp does for models named Phi-3.</summary>
    /// <remarks>A file has no key for it; the model's name says it.</remarks>
    public bool StripsAfterSpecial { get; init; }

    /// <summary>Chat template in Jinja; null for none.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Complete tokenizer.json, which has more details than the lists; null if the file has none.</summary>
    public string? Json { get; init; }

    /// <summary>Reads the tokenizer from the keys of a file.</summary>
    /// <exception cref="InputException">A key is missing or invalid, or the lengths of lists differ.</exception>
    public static GgufTokenizer Read(GgufFile file)
    {
        GgufMetadata keys = file.Metadata;
        string[] tokens = keys.Texts(TokensKey);
        int? Id(string key) => keys.Has(key) ? keys.Whole(key, 0, tokens.Length - 1) : null;
        bool? Flag(string key) => keys.Has(key) ? keys.Flag(key, false) : null;
        string? Text(string key) => keys.Has(key) ? keys.Text(key) : null;
        GgufTokenizer tokenizer = new()
        {
            Model = keys.Text(ModelKey),
            Pre = Text(PreKey),
            Tokens = tokens,
            Types = keys.Has(TypesKey) ? keys.Wholes(TypesKey) : [],
            Scores = keys.Has(ScoresKey) ? keys.Numbers(ScoresKey) : [],
            Merges = keys.Has(MergesKey) ? keys.Texts(MergesKey) : [],
            Bos = Id(BosKey),
            Eos = Id(EosKey),
            Eot = Id(EotKey),
            Unknown = Id(UnknownKey),
            Separator = Id(SeparatorKey) ?? Id(SpecifiedSeparatorKey),
            Padding = Id(PaddingKey),
            Class = Id(ClassKey),
            Mask = Id(MaskKey),
            AddBos = Flag(AddBosKey),
            AddEos = Flag(AddEosKey),
            AddSpacePrefix = Flag(AddSpaceKey),
            StripsAfterSpecial = Text("general.name") is { } name && IsPhi3(name),
            ChatTemplate = Text(TemplateKey),
            Json = Text(JsonKey),
        };
        return
            (tokenizer.Types.Count == 0 || tokenizer.Types.Count == tokens.Length)
            && (tokenizer.Scores.Count == 0 || tokenizer.Scores.Count == tokens.Length)
            ? tokenizer
            : throw keys.Invalid(TokensKey, "token_type and scores must have one value per token");
    }

    /// <summary>Whether the vocabulary has all tokens without which llama.cpp cannot load a model named Phi-3.</summary>
    public bool MayStripAfterSpecial => s_phi3.All(Tokens.Contains);

    /// <summary>Returns whether a token takes the white space after it: control, user-defined and unknown tokens, with three exceptions.
    /// </summary>
    public bool StripsAfter(int id) =>
        StripsAfterSpecial && Types.Count > 0 && Types[id] is 2 or 3 or 4 && Tokens[id] is not ("<unk>" or "<s>" or "<|endoftext|>");

    /// <summary>Returns a name from which llama.cpp concludes <see cref="StripsAfterSpecial"/>.</summary>
    internal string NameFor(string name) =>
        IsPhi3(name) == StripsAfterSpecial ? name
        : StripsAfterSpecial ? $"phi-3 {name}"
        : Phi3().Replace(name, "phi 3");

    static bool IsPhi3(string name) => Phi3().IsMatch(name);

    [GeneratedRegex("phi-?3", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Phi3();

    /// <summary>Adds the keys of the tokenizer.</summary>
    internal void Write(GgufMetadataWriter keys)
    {
        keys.Add(ModelKey, Model);
        Add(PreKey, Pre, keys.Add);
        keys.Add(TokensKey, Tokens);
        Add(TypesKey, Types.Count > 0 ? Types : null, keys.Add);
        Add(ScoresKey, Scores.Count > 0 ? Scores : null, keys.Add);
        Add(MergesKey, Merges.Count > 0 ? Merges : null, keys.Add);
        (string, int?)[] ids =
        [
            (BosKey, Bos), (EosKey, Eos), (EotKey, Eot), (UnknownKey, Unknown), (SeparatorKey, Separator), (PaddingKey, Padding),
            (ClassKey, Class), (MaskKey, Mask),
        ];
        foreach ((string key, int? id) in ids)
        {
            if (id is { } token)
            {
                keys.Add(key, (uint)token);
            }
        }
        foreach ((string key, bool? flag) in ((string, bool?)[])[(AddBosKey, AddBos), (AddEosKey, AddEos), (AddSpaceKey, AddSpacePrefix)])
        {
            if (flag is { } value)
            {
                keys.Add(key, value);
            }
        }
        Add(TemplateKey, ChatTemplate, keys.Add);
        Add(JsonKey, Json, keys.Add);
    }

    static void Add<T>(string key, T? value, Action<string, T> add)
        where T : class
    {
        if (value is not null)
        {
            add(key, value);
        }
    }
}
