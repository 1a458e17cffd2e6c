using System.Text.Json.Nodes;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>The configuration of a small Llama with the keys that have no default, and variants of it.</summary>
static class LlamaConfig
{
    internal const string Llama =
        "{\"model_type\":\"llama\",\"vocab_size\":320,\"hidden_size\":64,\"intermediate_size\":160,"
        + "\"num_hidden_layers\":3,\"num_attention_heads\":4}";

    /// <summary>Reads a configuration after keys are changed, added, or with null removed.</summary>
    internal static ModelConfig Read(string json, params (string Key, string? Value)[] changes)
    {
        JsonObject config = JsonNode.Parse(json)!.AsObject();
        foreach ((string key, string? value) in changes)
        {
            config.Remove(key);
            if (value is not null)
            {
                config.Add(key, JsonNode.Parse(value));
            }
        }
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], config.ToJsonString());
        return HuggingFaceConfig.Read(folder["config.json"]);
    }
}
