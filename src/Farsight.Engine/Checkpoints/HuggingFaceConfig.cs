using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine.Checkpoints.Families;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints;

/// <summary>Reads and writes config.json of a Hugging Face model directory.</summary>
/// <remarks>
/// Absent keys have the defaults of transformers. Unsupported keys that change the results and unknown keys are rejected by name. See
/// docs/models.md.
/// </remarks>
public static class HuggingFaceConfig
{
    /// <summary>Keys whose content is written under another key.</summary>
    static readonly string[] s_restated =
    [
        "dtype",
        "rope_parameters",
        "original_max_position_embeddings",
        "sliding_window",
        "layer_types",
        "max_window_layers",
        "_name_or_path",
    ];

    static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    const int MaxSize = 1 << 24; // of any extent: far above real models, low enough that products fit

    /// <summary>Reads config.json, and the EOS tokens of the generation_config.json beside it.</summary>
    /// <exception cref="InputException">The file is missing or damaged, the architecture or a setting is not supported, or a value is
    /// out of range.</exception>
    public static ModelConfig Read(string path)
    {
        ConfigReader config = ConfigReader.Open(path);
        if (!ModelFamily.All.TryGetValue(config.String("model_type"), out ModelFamily? family))
        {
            throw config.Invalid("model_type", $"supported are {string.Join(", ", ModelFamily.All.Keys)}");
        }
        ConfigKeys.Check(config, family);
        if (family.Required.FirstOrDefault(keys => !keys.Split('|').Any(k => config.Root.TryGetProperty(k, out _))) is { } missing)
        {
            throw config.Missing(missing.Replace("|", " or ", StringComparison.Ordinal));
        }
        return Shape(config, family, path);
    }

    /// <summary>Writes a config.json that transformers loads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">Config to write.</param>
    /// <param name="torchDtype">Format of the weights.</param>
    public static void Write(string path, ModelConfig model, NumberFormat torchDtype) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
                json.WriteStartObject();
                json.WriteStartArray("architectures");
                json.WriteStringValue(ModelFamily.All[model.ModelType].Architecture);
                json.WriteEndArray();
                WriteShape(json, model);
                WindowConfig.Write(json, model, ModelFamily.All[model.ModelType]);
                RopeConfig.Write(json, model);
                ModelFamily.All[model.ModelType].Write(json, model);
                WriteTokens(json, model);
                json.WriteString(
                    "torch_dtype",
                    torchDtype switch
                    {
                        NumberFormat.F32 => "float32",
                        NumberFormat.F16 => "float16",
                        _ => "bfloat16",
                    });
                json.WriteEndObject();
            });

    /// <summary>
    /// Writes a config.json with the additional keys of another file, such as token ids.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="model">Config to write; takes precedence over the other file.</param>
    /// <param name="torchDtype">Format of the weights.</param>
    /// <param name="like">A config.json that was read successfully.</param>
    internal static void Write(string path, ModelConfig model, NumberFormat torchDtype, string like)
    {
        Write(path, model, torchDtype);
        JsonObject written = JsonNode.Parse(RegularFile.ReadAllBytes(path))!.AsObject();
        foreach (JsonProperty property in ConfigReader.Open(like).Root.EnumerateObject())
        {
            if (!written.ContainsKey(property.Name) && !s_restated.Contains(property.Name))
            {
                written.Add(property.Name, JsonNode.Parse(property.Value.GetRawText()));
            }
        }
        AtomicFile.WriteText(path, written.ToJsonString(s_indented));
    }

    static ModelConfig Shape(ConfigReader config, ModelFamily family, string path)
    {
        int vocab = config.Int("vocab_size", 1, MaxSize), hidden = config.Int("hidden_size", 1, MaxSize);
        int heads = config.Int("num_attention_heads", 1, MaxSize);
        int keyValueHeads = config.Int("num_key_value_heads", 1, MaxSize, heads);
        int positions = config.Int("max_position_embeddings", 1, int.MaxValue, family.MaxPositions);
        int headDim = HeadDim(config, family, hidden, heads), layers = config.Int("num_hidden_layers", 1, 10_000);
        if (heads % keyValueHeads != 0)
        {
            throw config.Invalid("num_key_value_heads", $"it must divide num_attention_heads, {heads}");
        }
        // Gemma's files may have both keys.
        foreach (string key in (string[])["hidden_act", family.Activation.Key])
        {
            if (config.String(key, family.Activation.Name) != family.Activation.Name)
            {
                throw config.Invalid(key, $"only {family.Activation.Name} is supported");
            }
        }
        int rotated = RopeConfig.RotatedDim(config, family, headDim);
        (int? window, IReadOnlyList<bool> windowed) = WindowConfig.Read(config, family, layers, positions);
        (bool attentionBias, bool outputBias) = Biases(config, family);
        RopeScaling scaling = RopeConfig.Scaling(config, family, positions, rotated);
        ModelConfig model = new()
        {
            ModelType = family.ModelType,
            VocabSize = vocab,
            HiddenSize = hidden,
            IntermediateSize = config.Int("intermediate_size", 1, MaxSize),
            NumHiddenLayers = layers,
            NumAttentionHeads = heads,
            NumKeyValueHeads = keyValueHeads,
            HeadDim = headDim,
            RmsNormEps = (float)config.Double("rms_norm_eps", 1e-12, 1e-1, family.RmsNormEps),
            RopeTheta = RopeConfig.Theta(config, family),
            RotaryDim = rotated == headDim ? null : rotated,
            RopeScaling = scaling,
            MaxPositionEmbeddings = RopeConfig.Window(config, family, scaling, positions),
            TieWordEmbeddings = config.Bool("tie_word_embeddings", family.TieWordEmbeddings),
            AttentionBias = attentionBias,
            OutputBias = outputBias,
            MlpBias = family.MlpBias && config.Bool("mlp_bias", false),
            QueryKeyNorm = family.QueryKeyNorm,
            SlidingWindow = window,
            WindowedLayers = windowed,
            BosTokenId = config.Has("bos_token_id") ? config.Int("bos_token_id", 0, vocab - 1) : null,
            EosTokenIds = GenerationConfig.EosTokens(config, path, vocab),
        };
        return family.Describe(config, model);
    }

    static (bool QueryKeyValue, bool Output) Biases(ConfigReader config, ModelFamily family) => family.Biases switch
    {
        AttentionBiases.QueryKeyValue => (true, false),
        AttentionBiases.All when config.Bool("attention_bias", false) => (true, true),
        AttentionBiases.Separate => (Given(config, "attention_bias"), Given(config, "attention_out_bias")),
        _ => (false, false),
    };

    static bool Given(ConfigReader config, string key) => config.Has(key) ? config.Bool(key, false) : throw config.Missing(key);

    static int HeadDim(ConfigReader config, ModelFamily family, int hidden, int heads)
    {
        bool derived = !config.Has("head_dim") && family.HeadDim is null;
        if (derived && hidden % heads != 0)
        {
            throw config.Invalid("num_attention_heads", $"it must divide hidden_size, {hidden}, or head_dim must be given");
        }
        int dim = derived ? hidden / heads : config.Int("head_dim", 1, 1 << 14, family.HeadDim);
        if (dim % 2 != 0)
        {
            throw config.Invalid(
                derived ? "num_attention_heads" : "head_dim",
                $"the head dimension {dim} must be even, because RoPE rotates pairs");
        }
        return (long)dim * heads <= MaxSize
            ? dim
            : throw config.Invalid("num_attention_heads", $"with head_dim {dim} the heads are too large");
    }

    static void WriteShape(Utf8JsonWriter json, ModelConfig model)
    {
        json.WriteString("model_type", model.ModelType);
        json.WriteNumber("vocab_size", model.VocabSize);
        json.WriteNumber("hidden_size", model.HiddenSize);
        json.WriteNumber("intermediate_size", model.IntermediateSize);
        json.WriteNumber("num_hidden_layers", model.NumHiddenLayers);
        json.WriteNumber("num_attention_heads", model.NumAttentionHeads);
        json.WriteNumber("num_key_value_heads", model.NumKeyValueHeads);
        json.WriteNumber("head_dim", model.HeadDim);
        ModelFamily family = ModelFamily.All[model.ModelType];
        json.WriteString(family.Activation.Key, family.Activation.Name);
        json.WriteNumber("rms_norm_eps", model.RmsNormEps);
        // Dynamic scaling takes this for the window that it starts from.
        json.WriteNumber(
            "max_position_embeddings",
            model.RopeScaling is RopeScaling.DynamicNtk dynamic ? dynamic.OriginalMaxPositionEmbeddings : model.MaxPositionEmbeddings);
        json.WriteBoolean("tie_word_embeddings", model.TieWordEmbeddings);
        if (family.Biases is AttentionBiases.All or AttentionBiases.Separate)
        {
            json.WriteBoolean("attention_bias", model.AttentionBias);
        }
        if (family.Biases is AttentionBiases.Separate)
        {
            json.WriteBoolean("attention_out_bias", model.OutputBias);
        }
        if (family.MlpBias)
        {
            json.WriteBoolean("mlp_bias", model.MlpBias);
        }
    }

    static void WriteTokens(Utf8JsonWriter json, ModelConfig model)
    {
        if (model.BosTokenId is { } bos)
        {
            json.WriteNumber("bos_token_id", bos);
        }
        else
        {
            json.WriteNull("bos_token_id"); // absent would mean transformers' default, 1
        }
        switch (model.EosTokenIds)
        {
            case []:
                json.WriteNull("eos_token_id");
                break;
            case [int eos]:
                json.WriteNumber("eos_token_id", eos);
                break;
            default:
                json.WriteStartArray("eos_token_id");
                foreach (int id in model.EosTokenIds)
                {
                    json.WriteNumberValue(id);
                }
                json.WriteEndArray();
                break;
        }
    }
}
