using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Which of llama.cpp's architectures computes what a model computes.</summary>
static class GgufArchitecture
{
    internal const string Llama = "llama", Qwen2 = "qwen2", Qwen3 = "qwen3";

    /// <summary>Names the architecture of a model.</summary>
    /// <exception cref="InputException">llama.cpp has none with these parts.</exception>
    internal static string Of(ModelConfig model)
    {
        bool otherBias = model.OutputBias || model.MlpBias;
        if (!model.QueryKeyNorm)
        {
            return model is { ModelType: Qwen2, AttentionBias: true } && !otherBias ? Qwen2 : Llama;
        }
        return !otherBias && !model.AttentionBias
            ? Qwen3
            : throw new InputException(
                $"This {model.ModelType} has norms on queries and keys together with biases, which no architecture of llama.cpp has; it cannot be exported to GGUF."
            );
    }
}
