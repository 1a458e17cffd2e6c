using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

/// <summary>Represents SmolLM3: Llama with some layers without positions; transformers: modular_smollm3.py.</summary>
sealed record SmolLm3 : ModelFamily
{
    const string Layers = "no_rope_layers", Interval = "no_rope_layer_interval";

    internal SmolLm3()
        : base("smollm3", "SmolLM3ForCausalLM", 32_768)
    {
        Biases = AttentionBiases.All;
        MlpBias = true;
        Windows = WindowKeys.SwitchedByFamily;
        HasWindow = (config, layer) => !Rotates(config, layer);
        RopeTheta = 2_000_000;
        TieWordEmbeddings = true;
        Required = ["num_key_value_heads"];
        Keys = [Layers, Interval];
    }

    internal override ModelConfig Describe(ConfigReader config, ModelConfig model)
    {
        bool[] unrotated = [.. Enumerable.Range(0, model.NumHiddenLayers).Select(layer => !Rotates(config, layer))];
        return model with { UnrotatedLayers = unrotated.Contains(true) ? unrotated : [] };
    }

    internal override void Write(Utf8JsonWriter json, ModelConfig model)
    {
        json.WriteStartArray(Layers);
        for (int layer = 0; layer < model.NumHiddenLayers; layer++)
        {
            json.WriteNumberValue(model.RotationOf(layer) is null ? 0 : 1);
        }
        json.WriteEndArray();
    }

    // In spite of the key's name, 1 means with positions.
    static bool Rotates(ConfigReader config, int layer) =>
        config.Ints(Layers, 0, 1) is not { } listed ? (layer + 1) % config.Int(Interval, 1, int.MaxValue, 4) != 0
        : layer < listed.Count ? listed[layer] == 1
        : throw config.Invalid(Layers, $"it must have an entry for layer {layer}");
}
