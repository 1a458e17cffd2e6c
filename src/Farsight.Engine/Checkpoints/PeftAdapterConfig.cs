using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine.Files;

namespace Farsight.Engine.Checkpoints;

/// <summary>Reads and writes adapter_config.json.</summary>
static class PeftAdapterConfig
{
    internal const string FileName = "adapter_config.json";

    const string Tying = "ensure_weight_tying";
    const int MaxRank = 1 << 16;

    /// <summary>Keys about the training or the origin of the file. Linear layers ignore fan_in_fan_out, as in PEFT.</summary>
    static readonly string[] s_harmless =
    [
        "auto_mapping",
        "revision",
        "peft_version",
        "inference_mode",
        "lora_dropout",
        "fan_in_fan_out",
        "megatron_core",
        "qalora_group_size",
        "runtime_config",
        "loftq_config",
        "eva_config",
        "corda_config",
        "lora_ga_config",
    ];

    static readonly string[] s_read =
    [
        "peft_type",
        "task_type",
        "base_model_name_or_path",
        "r",
        "lora_alpha",
        "target_modules",
        "exclude_modules",
        "modules_to_save",
        "bias",
        "use_rslora",
        "rank_pattern",
        "alpha_pattern",
        "layers_to_transform",
        "layers_pattern",
        "init_lora_weights",
        Tying,
    ];

    static readonly string[] s_initializations = ["gaussian", "orthogonal", "eva"]; // the others change the base's weights

    internal static AdapterDescription Read(string path)
    {
        ConfigReader config = ConfigReader.Open(path);
        if (config.String("peft_type") != "LORA")
        {
            throw config.Invalid("peft_type", "only LORA is supported");
        }
        if (config.String("task_type", "CAUSAL_LM") != "CAUSAL_LM")
        {
            throw config.Invalid("task_type", "only CAUSAL_LM is supported");
        }
        if (config.String("bias", "none") != "none")
        {
            throw config.Invalid("bias", "only \"none\" is supported");
        }
        CheckOthers(config);
        bool byPattern = config.Element("target_modules")?.ValueKind == JsonValueKind.String;
        bool excludedByPattern = config.Element("exclude_modules")?.ValueKind == JsonValueKind.String;
        return new(
            config.Int("r", 1, MaxRank), config.Double("lora_alpha", 1e-6, 1e6),
            byPattern ? [] : config.Strings("target_modules", required: true), config.Strings("modules_to_save", required: false),
            config.Has("base_model_name_or_path") ? config.String("base_model_name_or_path") : null)
        {
            TargetPattern = byPattern ? config.String("target_modules") : null,
            Excluded = excludedByPattern ? [] : config.Strings("exclude_modules", required: false),
            ExcludedPattern = excludedByPattern ? config.String("exclude_modules") : null,
            Layers = Layers(config),
            RankStabilized = config.Bool("use_rslora", false),
            RankPattern = Pattern(config, "rank_pattern", (map, key) => map.Int(key, 1, MaxRank)),
            AlphaPattern = Pattern(config, "alpha_pattern", (map, key) => map.Double(key, 1e-6, 1e6)),
            EnsureWeightTying = config.Has(Tying) ? config.Bool(Tying, false) : null,
        };
    }

    static void CheckOthers(ConfigReader config)
    {
        foreach (JsonProperty property in config.Root.EnumerateObject())
        {
            if (!s_read.Contains(property.Name) && !s_harmless.Contains(property.Name) && !IsNothing(property.Value))
            {
                throw config.Invalid(
                    property.Name,
                    "adapters that set it are not supported; merge the adapter with PEFT and use the merged model");
            }
        }
        if (
            config.Element("init_lora_weights") is { ValueKind: JsonValueKind.String }
            && !s_initializations.Contains(config.String("init_lora_weights")))
        {
            throw config.Invalid(
                "init_lora_weights",
                "it changes the base model's weights and is not supported; convert it to an ordinary adapter with PEFT");
        }
    }

    static IReadOnlyList<int>? Layers(ConfigReader config)
    {
        const string Key = "layers_to_transform",
            Pattern = "layers_pattern";
        if (
            config.Element(Pattern) is { } pattern
            && !IsNothing(pattern)
            && pattern.GetRawText() is not ("\"layers\"" or "[\"layers\"]" or "\"\""))
        {
            throw config.Invalid(Pattern, "only \"layers\" is supported");
        }
        return config.Element(Key) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Array } list
                when list.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int n) && n >= 0) =>
                list.GetArrayLength() == 0 ? null : [.. list.EnumerateArray().Select(e => e.GetInt32())],
            { ValueKind: JsonValueKind.Number } => [config.Int(Key, 0, int.MaxValue)],
            _ => throw config.Invalid(Key, "it must be a layer index or a list of layer indices"),
        };
    }

    static IReadOnlyList<KeyValuePair<string, T>> Pattern<T>(ConfigReader config, string key, Func<ConfigReader, string, T> read) =>
        config.Object(key) is not { } map
            ? []
            : [.. map.Root.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, read(map, p.Name)))];

    static bool IsNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    /// <param name="path">The file.</param>
    /// <param name="adapter">Settings to write.</param>
    /// <param name="withHead">Whether the tied head is written besides the trained embedding, as a module of its own.</param>
    internal static void Write(string path, AdapterDescription adapter, bool withHead) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using Utf8JsonWriter json = new(
                    stream,
                    new()
                    {
                        Indented = true,
                        NewLine = "\n",
                        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                    });
                json.WriteStartObject();
                json.WriteString("peft_type", "LORA");
                json.WriteString("task_type", "CAUSAL_LM");
                json.WriteString("base_model_name_or_path", adapter.BaseModelName);
                json.WriteNumber("r", adapter.Rank);
                json.WriteNumber("lora_alpha", adapter.Alpha);
                json.WriteNumber("lora_dropout", 0);
                WriteNames(json, "target_modules", adapter.Targets, adapter.TargetPattern);
                WriteNames(json, "exclude_modules", adapter.Excluded, adapter.ExcludedPattern);
                WriteNames(
                    json,
                    "modules_to_save",
                    withHead ? [.. adapter.ModulesToSave, PeftAdapter.HeadModule] : adapter.ModulesToSave,
                    null);
                if (adapter.Layers is { } layers)
                {
                    json.WriteStartArray("layers_to_transform");
                    layers.ToList().ForEach(json.WriteNumberValue);
                    json.WriteEndArray();
                }
                json.WriteString("bias", "none");
                json.WriteBoolean("fan_in_fan_out", false);
                json.WriteBoolean("inference_mode", true);
                json.WriteBoolean("init_lora_weights", true);
                json.WriteBoolean("use_rslora", adapter.RankStabilized);
                json.WriteBoolean("use_dora", false);
                WritePattern(json, "rank_pattern", adapter.RankPattern.Select(p => KeyValuePair.Create(p.Key, (double)p.Value)));
                WritePattern(json, "alpha_pattern", adapter.AlphaPattern);
                json.WriteEndObject();
            });

    static void WriteNames(Utf8JsonWriter json, string key, IReadOnlyList<string> names, string? pattern)
    {
        if (pattern is not null || names.Count == 0)
        {
            json.WriteString(key, pattern);
            return;
        }
        json.WriteStartArray(key);
        foreach (string name in names)
        {
            json.WriteStringValue(name);
        }
        json.WriteEndArray();
    }

    static void WritePattern(Utf8JsonWriter json, string key, IEnumerable<KeyValuePair<string, double>> pattern)
    {
        json.WriteStartObject(key);
        foreach ((string name, double value) in pattern)
        {
            json.WriteNumber(name, value);
        }
        json.WriteEndObject();
    }
}
