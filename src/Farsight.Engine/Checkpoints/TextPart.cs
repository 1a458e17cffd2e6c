using System.Text.Json;
using System.Text.Json.Nodes;

namespace Farsight.Engine.Checkpoints;

/// <summary>Finds the text model inside a multimodal one: its keys in config.json, and its weights.</summary>
/// <remarks>
/// The text model is a model of its own, under text_config. It is used for text alone, for which the vision part computes nothing.
/// </remarks>
static class TextPart
{
    const string Text = "text_config", Tied = "tie_word_embeddings", Type = "model_type";

    /// <summary>Keys of the whole model that transformers uses for generation, in place of those of the text model.</summary>
    static readonly string[] s_tokens = ["bos_token_id", "eos_token_id"];

    /// <summary>Weights that only images and audio need, in both spellings of transformers.</summary>
    static readonly string[] s_others =
        ["vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."];

    /// <summary>Multimodal types with the sizes that their text model has if it does not state them.</summary>
    static readonly Dictionary<string, (string Key, JsonNode Absent)[]> s_types = new(StringComparer.Ordinal)
    {
        ["gemma3"] =
        [
            (Type, "gemma3_text"), ("vocab_size", 262_208), ("hidden_size", 2304), ("intermediate_size", 9216),
            ("num_hidden_layers", 26), ("num_attention_heads", 8), ("num_key_value_heads", 4),
        ],
        ["mistral3"] = [(Type, "mistral")],
    };

    /// <summary>Names of the multimodal types whose text model is read.</summary>
    internal static IEnumerable<string> Types => s_types.Keys;

    /// <summary>Returns whether config.json describes a multimodal model whose text model is read.</summary>
    internal static bool IsIn(ConfigReader config) => s_types.ContainsKey(config.String(Type, ""));

    /// <summary>Returns the keys of the text model; those of the file itself if it describes only one.</summary>
    /// <exception cref="InputException">The text model is missing, or a key has two values.</exception>
    internal static ConfigReader Of(ConfigReader config)
    {
        if (!IsIn(config))
        {
            return config;
        }
        ConfigReader text = config.Object(Text) ?? throw config.Missing(Text);
        JsonObject keys = JsonNode.Parse(text.Root.GetRawText())!.AsObject();
        foreach ((string key, JsonNode absent) in s_types[config.String(Type)].Where(d => !text.Has(d.Key)))
        {
            keys[key] = absent.DeepClone();
        }
        if (text.Has(Tied) && config.Has(Tied) && text.Bool(Tied, false) != config.Bool(Tied, false))
        {
            throw config.Invalid(Tied, $"{Text} has another value; keep the one that belongs to the weights");
        }
        foreach (string key in s_tokens.Append(Tied).Where(config.Has))
        {
            keys[key] = JsonNode.Parse(config.Root.GetProperty(key).GetRawText());
        }
        return text.With(JsonSerializer.SerializeToElement(keys));
    }

    /// <summary>Returns the name of a weight in the text model, or null if it is not part of it.</summary>
    /// <param name="name">"language_model.model.norm.weight" or, as newer files have it, "model.language_model.norm.weight".</param>
    internal static string? NameOf(string name)
    {
        const string Old = "language_model.", New = "model.language_model.";
        return name.StartsWith(New, StringComparison.Ordinal) ? $"model.{name[New.Length..]}"
            : name.StartsWith(Old, StringComparison.Ordinal) ? name[Old.Length..]
            : s_others.Any(o => name.StartsWith(o, StringComparison.Ordinal)) ? null
            : name;
    }
}
