using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Maps models to architectures of llama.cpp.</summary>
static class GgufArchitecture
{
    internal const string Llama = "llama", Qwen2 = "qwen2", Qwen3 = "qwen3";

    /// <summary>Returns the architecture of a model.</summary>
    /// <exception cref="InputException">llama.cpp has no such architecture.</exception>
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
                $"A {model.ModelType} with both query-key norms and biases cannot be exported to GGUF: llama.cpp has no such architecture."
            );
    }
}
