namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>What a GGUF file stores of a tokenizer, as plain lists; what the tokens mean is known elsewhere.</summary>
public sealed record GgufTokenizer
{
    internal const string BosKey = "tokenizer.ggml.bos_token_id",
        EosKey = "tokenizer.ggml.eos_token_id",
        EotKey = "tokenizer.ggml.eot_token_id";

    const string Prefix = "tokenizer.ggml.";
    const string ModelKey = Prefix + "model", PreKey = Prefix + "pre", TokensKey = Prefix + "tokens", TypesKey = Prefix + "token_type";
    const string ScoresKey = Prefix + "scores", MergesKey = Prefix + "merges", UnknownKey = Prefix + "unknown_token_id";
    const string AddBosKey = Prefix + "add_bos_token", AddEosKey = Prefix + "add_eos_token", AddSpaceKey = Prefix + "add_space_prefix";
    const string TemplateKey = "tokenizer.chat_template", JsonKey = "tokenizer.huggingface.json";

    /// <summary>"gpt2": byte-level BPE. "llama": SentencePiece's BPE.</summary>
    public required string Model { get; init; }

    /// <summary>How text is cut into words: "llama-bpe", "qwen2"; null where the model needs none.</summary>
    public string? Pre { get; init; }

    /// <summary>[V] the spelling of each token.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>[V] 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; empty for all normal.</summary>
    public IReadOnlyList<int> Types { get; init; } = [];

    /// <summary>[V] higher is merged earlier; empty for byte-level BPE.</summary>
    public IReadOnlyList<float> Scores { get; init; } = [];

    /// <summary>"left right", the first learned first; empty for SentencePiece's BPE.</summary>
    public IReadOnlyList<string> Merges { get; init; } = [];

    /// <summary>Begins a text.</summary>
    public int? Bos { get; init; }

    /// <summary>Ends a text.</summary>
    public int? Eos { get; init; }

    /// <summary>Ends a turn, where that is another token.</summary>
    public int? Eot { get; init; }

    /// <summary>Stands for what the vocabulary lacks.</summary>
    public int? Unknown { get; init; }

    /// <summary>A text gets <see cref="Bos"/> in front; null where the file does not say.</summary>
    public bool? AddBos { get; init; }

    /// <summary>A text gets <see cref="Eos"/> behind it; null where the file does not say.</summary>
    public bool? AddEos { get; init; }

    /// <summary>A text gets a space in front; null where the file does not say.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary>The chat template, in Jinja; null without one.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>The whole tokenizer.json that this was made from, which says more than the lists; null when the file has none.</summary>
    public string? Json { get; init; }

    /// <summary>Reads the keys of a file.</summary>
    /// <exception cref="InputException">A key is missing or unsound, or lists do not belong together.</exception>
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
            AddBos = Flag(AddBosKey),
            AddEos = Flag(AddEosKey),
            AddSpacePrefix = Flag(AddSpaceKey),
            ChatTemplate = Text(TemplateKey),
            Json = Text(JsonKey),
        };
        return
            (tokenizer.Types.Count == 0 || tokenizer.Types.Count == tokens.Length)
            && (tokenizer.Scores.Count == 0 || tokenizer.Scores.Count == tokens.Length)
            ? tokenizer
            : throw keys.Unsound(TokensKey, "token_type and scores must be as long as the list of tokens");
    }

    /// <summary>Adds the keys.</summary>
    internal void Write(GgufMetadataWriter keys)
    {
        keys.Add(ModelKey, Model);
        Add(PreKey, Pre, keys.Add);
        keys.Add(TokensKey, Tokens);
        Add(TypesKey, Types.Count > 0 ? Types : null, keys.Add);
        Add(ScoresKey, Scores.Count > 0 ? Scores : null, keys.Add);
        Add(MergesKey, Merges.Count > 0 ? Merges : null, keys.Add);
        foreach ((string key, int? id) in ((string, int?)[])[(BosKey, Bos), (EosKey, Eos), (EotKey, Eot), (UnknownKey, Unknown)])
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
