using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

/// <summary>Represents Granite 3: Llama with four factors; transformers: modular_granite.py.</summary>
sealed record Granite : ModelFamily
{
    const string Embedding = "embedding_multiplier", Attention = "attention_multiplier", Residual = "residual_multiplier";
    const string Logits = "logits_scaling";

    internal Granite()
        : base("granite", "GraniteForCausalLM", 2048)
    {
        Biases = AttentionBiases.All;
        MlpBias = true;
        Keys = [Embedding, Attention, Residual, Logits];
    }

    internal override ModelConfig Describe(ConfigReader config, ModelConfig model) => model with
    {
        EmbeddingScale = Factor(config, Embedding),
        AttentionScale = Factor(config, Attention),
        ResidualScale = Factor(config, Residual),
        LogitScale = 1 / Factor(config, Logits), // logits are divided
    };

    internal override void Write(Utf8JsonWriter json, ModelConfig model)
    {
        json.WriteNumber(Embedding, model.EmbeddingScale);
        json.WriteNumber(Attention, model.AttentionScale!.Value);
        json.WriteNumber(Residual, model.ResidualScale);
        json.WriteNumber(Logits, 1 / model.LogitScale);
    }

    static float Factor(ConfigReader config, string key) => (float)config.Double(key, 1e-6, 1e6, 1);
}
