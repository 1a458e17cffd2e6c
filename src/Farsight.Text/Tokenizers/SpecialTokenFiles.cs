using System.Globalization;
using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Text.Tokenizers;

/// <summary>Reads the files beside tokenizer.json that name special tokens and add tokens, with the precedence of transformers.</summary>
/// <remarks>
/// tokenizer_config.json names the special tokens (bos_token, eos_token, …). If it has added_tokens_decoder, that list is complete:
/// special_tokens_map.json and added_tokens.json are ignored, and its flags override those of tokenizer.json. Otherwise
/// special_tokens_map.json overrides its names, and added_tokens.json adds tokens whose flags tokenizer.json can override. Ids of
/// tokenizer.json are never overridden.
/// </remarks>
sealed class SpecialTokenFiles
{
    const string ConfigFile = "tokenizer_config.json", MapFile = "special_tokens_map.json", AddedFile = "added_tokens.json";
    const string Decoder = "added_tokens_decoder", Additional = "additional_special_tokens", Extra = "extra_special_tokens";

    // In the order in which transformers adds those that the vocabulary lacks.
    static readonly string[] s_names = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    readonly string _folder;
    readonly Dictionary<string, string> _named = new(StringComparer.Ordinal);
    readonly List<string> _additional = [];
    readonly List<ListedToken> _listed = [];
    readonly List<string> _notices = [];

    SpecialTokenFiles(string folder) => _folder = folder;

    /// <summary>Reads those of the files that exist.</summary>
    /// <param name="folder">Directory of tokenizer.json.</param>
    /// <exception cref="InputException">A file cannot be read or is damaged.</exception>
    internal static TokenizerConfig Read(string folder)
    {
        SpecialTokenFiles files = new(folder);
        (TokenizerJson Json, JsonElement Root)? config = files.Open(ConfigFile), map = files.Open(MapFile), added = files.Open(AddedFile);
        bool isComplete = config is { } c && c.Json.Optional(c.Root, Decoder) is not null;
        files.ReadNames(config, map, isComplete);
        if (config is { } listing && isComplete)
        {
            files.ReadDecoder(listing.Json, listing.Root);
        }
        if (added is { } more)
        {
            files.ReadAdded(more.Json, more.Root, isComplete);
        }
        return new(
            files._named.GetValueOrDefault("bos_token"),
            files._named.GetValueOrDefault("eos_token"),
            config is { } a ? Flag(a.Json, a.Root, "add_bos_token") : null,
            config is { } b ? Flag(b.Json, b.Root, "add_eos_token") : null)
        {
            Named = files._named,
            Additional = files._additional,
            Listed = [.. files._listed.OrderBy(t => t.Token.Id)],
            Notices = files._notices,
        };
    }

    (TokenizerJson Json, JsonElement Root)? Open(string name)
    {
        string file = Path.Combine(_folder, name);
        if (!File.Exists(file))
        {
            return null;
        }
        TokenizerJson json = new(file);
        using JsonDocument document = json.Parse(TokenizerJson.ReadFile(file));
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? (json, document.RootElement.Clone())
            : throw json.Damaged("it is not a JSON object");
    }

    void ReadNames((TokenizerJson Json, JsonElement Root)? config, (TokenizerJson Json, JsonElement Root)? map, bool isComplete)
    {
        string[] extra = config is { } c && c.Json.Optional(c.Root, Extra) is { ValueKind: JsonValueKind.Object } more
            ? [.. more.EnumerateObject().Select(c.Json.Name)]
            : [];
        foreach (string name in s_names)
        {
            string? own = config is { } a ? Content(a.Json, a.Root, name) : null;
            string? mapped = map is { } b ? Content(b.Json, b.Root, name) : null;
            string? used = isComplete ? own : mapped ?? own;
            if (mapped is not null && own != mapped && (own is not null || isComplete))
            {
                string rule = isComplete ? $"{ConfigFile} is used, because it has {Decoder}" : $"{MapFile} is used";
                _notices.Add(
                    $"{In(ConfigFile)}: {name} is {(own is null ? "absent" : $"'{own}'")}, but in {MapFile} it is '{mapped}'; "
                        + $"{rule}, as transformers does.");
            }
            if (used is not null)
            {
                _named[name] = used;
            }
        }
        foreach (string name in extra)
        {
            if (Content(config!.Value.Json, config.Value.Root.GetProperty(Extra), name) is { } content)
            {
                _named[name] = content;
            }
        }
        AddAdditional(config, Additional);
        AddAdditional(extra.Length == 0 ? config : null, Extra);
        AddAdditional(isComplete ? null : map, Additional);
    }

    void AddAdditional((TokenizerJson Json, JsonElement Root)? file, string field)
    {
        if (file is not { } opened || opened.Json.Optional(opened.Root, field) is not { ValueKind: JsonValueKind.Array } list)
        {
            return;
        }
        TokenizerJson json = opened.Json;
        foreach (JsonElement entry in list.EnumerateArray())
        {
            string content = entry.ValueKind switch
            {
                JsonValueKind.String => json.Value(entry),
                JsonValueKind.Object => json.Text(entry, "content"),
                _ => throw json.Damaged($"'{field}' contains a value that is neither a string nor an object"),
            };
            if (!_additional.Contains(content, StringComparer.Ordinal))
            {
                _additional.Add(content);
            }
        }
    }

    void ReadDecoder(TokenizerJson json, JsonElement root)
    {
        foreach (JsonProperty entry in json.Object(root, Decoder).EnumerateObject())
        {
            if (!int.TryParse(json.Name(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                throw json.Damaged($"'{Decoder}' has the key '{json.Name(entry)}', which is not a token id");
            }
            string content = json.Text(entry.Value, "content");
            bool isSpecial = json.Flag(entry.Value, "special", false);
            _listed.Add(
                new(
                    new(id, content, isSpecial)
                    {
                        SingleWord = json.Flag(entry.Value, "single_word", false),
                        LeftStrip = json.Flag(entry.Value, "lstrip", false),
                        RightStrip = json.Flag(entry.Value, "rstrip", false),
                        Normalized = json.Flag(entry.Value, "normalized", !isSpecial),
                    },
                    In(ConfigFile),
                    HasFlags: true));
        }
    }

    /// <summary>Reads added_tokens.json, which maps texts to ids. If the list is complete already, only reports contradictions.</summary>
    void ReadAdded(TokenizerJson json, JsonElement root, bool isComplete)
    {
        foreach (JsonProperty entry in root.EnumerateObject())
        {
            string content = json.Name(entry);
            int id = json.Id(entry.Value, $"the token '{content}'", int.MaxValue - 1);
            if (!isComplete)
            {
                bool isSpecial = IsNamed(content);
                _listed.Add(new(new(id, content, isSpecial) { Normalized = !isSpecial }, In(AddedFile), HasFlags: false));
            }
            else if (_listed.Find(t => t.Token.Content == content) is { } other && other.Token.Id != id)
            {
                _notices.Add(
                    $"{In(AddedFile)}: '{content}' has the id {id}, but {Decoder} of {ConfigFile} gives it {other.Token.Id}; "
                        + $"{ConfigFile} is used, as transformers does.");
            }
        }
    }

    bool IsNamed(string content) => _named.ContainsValue(content) || _additional.Contains(content, StringComparer.Ordinal);

    string In(string name) => Path.Combine(_folder, name);

    /// <summary>Returns the text of a token, which is a string or, in older files, an object with a string.</summary>
    static string? Content(TokenizerJson json, JsonElement root, string field) =>
        json.Optional(root, field) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? json.Text(value, "content")
        : json.Text(root, field);

    static bool? Flag(TokenizerJson json, JsonElement root, string field) =>
        json.Optional(root, field) is null ? null : json.Flag(root, field, false);
}
