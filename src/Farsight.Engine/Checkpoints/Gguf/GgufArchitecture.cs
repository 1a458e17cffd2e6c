using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Maps models to architectures of llama.cpp.</summary>
static class GgufArchitecture
{
    internal const string Llama = "llama", Qwen2 = "qwen2", Qwen3 = "qwen3", Qwen3Moe = "qwen3moe", Gemma2 = "gemma2", Gemma3 = "gemma3";
    internal const string Granite = "granite", Olmo2 = "olmo2", Phi3 = "phi3", SmolLm3 = "smollm3";

    // llama.cpp leaves out RoPE in every fourth layer of SmolLM3, and gives Gemma 2 a window in every other layer, whatever the file says.
    internal const int SmolLm3Interval = 4, Gemma2Interval = 2;

    // What Gemma 3 has without keys.
    internal const int Gemma3Interval = 6;
    internal const double Gemma3WindowedTheta = 10_000;

    /// <summary>Every architecture that is read and written.</summary>
    internal static IReadOnlyList<string> All { get; } =
        [Llama, Qwen2, Qwen3, Qwen3Moe, Gemma2, Gemma3, Granite, Olmo2, Phi3, SmolLm3];

    /// <summary>Returns the architecture of a model.</summary>
    /// <exception cref="InputException">llama.cpp has no such architecture, or computes something else for it.</exception>
    internal static string Of(ModelConfig model)
    {
        (string architecture, string? obstacle) = model.ModelType switch
        {
            "gemma2" => (Gemma2, Biases(model) ?? Untied(model) ?? Windows(model, Gemma2Interval, isRequired: true)
                ?? Lacks(model.AttentionSoftcap is null || model.LogitSoftcap is null, "a model without soft limits")),
            "gemma3_text" => (Gemma3, Biases(model) ?? Windows(model, WindowInterval(model), isRequired: false)
                ?? Lacks(model.RopeScaling is not (RopeScaling.Linear or { IsPlain: true }), model.RopeScaling.Describe())),
            "granite" => (Granite, null),
            "mixtral" => (Llama, null),
            "olmo2" => (Olmo2, Biases(model) ?? Lacks(model.TieWordEmbeddings, "a tied head")),
            "phi3" => (Phi3, Biases(model)),
            "qwen3_moe" => (Qwen3Moe, Biases(model)
                ?? Lacks(model.Experts is null || model.Experts.DenseLayers.Contains(true), "layers without experts")
                ?? Lacks(model.Experts?.NormalizesWeights == false, "expert weights that are not divided by their sum")),
            "smollm3" => (SmolLm3, Biases(model) ?? Lacks(model.SlidingWindow is not null, "windows")
                ?? Lacks(
                    Enumerable.Range(0, model.NumHiddenLayers).Any(l => model.RotationOf(l) is null != ((l + 1) % SmolLm3Interval == 0)),
                    $"RoPE in other layers than all but every {SmolLm3Interval}th")),
            _ => OfLlama(model),
        };
        obstacle ??= Lacks(
            model.Activation != (architecture is Gemma2 or Gemma3 ? GateActivation.GeluTanh : GateActivation.Silu),
            "this activation of the MLP");
        return obstacle is null
            ? architecture
            : throw new InputException(
                $"This {model.ModelType} cannot be exported to GGUF: llama.cpp's architecture {architecture} does not support {obstacle}.");
    }

    /// <summary>Returns the distance of the layers without a window; 0 if the layers follow no such rule.</summary>
    internal static int WindowInterval(ModelConfig model)
    {
        int[] layers = [.. Enumerable.Range(0, model.NumHiddenLayers)];
        int interval = layers.FirstOrDefault(l => model.WindowOf(l) is null, layers.Length) + 1;
        return layers.All(l => model.WindowOf(l) is null == ((l + 1) % interval == 0)) ? interval : 0;
    }

    /// <summary>Returns whether a Gemma 3 is like the released ones, which llama.cpp's versions of 2025 take for granted.</summary>
    internal static bool IsUsualGemma3(ModelConfig model) =>
        model.SlidingWindow is not null && WindowInterval(model) == Gemma3Interval && model.WindowedRopeTheta == Gemma3WindowedTheta;

    /// <summary>Returns whether llama.cpp computes the windows of the architecture; otherwise the context must not exceed them.</summary>
    internal static bool HasWindows(string architecture) => architecture is Gemma2 or Gemma3;

    /// <summary>Returns whether llama.cpp reads biases in the architecture.</summary>
    internal static bool MayHaveBiases(string architecture) => architecture is Llama or Qwen2 or Qwen3 or Granite;

    /// <summary>Returns the tensors with divisors of rotary frequencies that llama.cpp reads in the architecture.</summary>
    internal static IReadOnlyList<string> RopeTensors(string architecture) =>
        architecture == Phi3 ? [GgufNames.LongFactors, GgufNames.ShortFactors]
        : MayHaveBiases(architecture) ? [GgufNames.RopeFactors]
        : [];

    static (string Architecture, string? Obstacle) OfLlama(ModelConfig model)
    {
        bool otherBias = model.OutputBias || model.MlpBias;
        if (!model.QueryKeyNorm)
        {
            return (model is { ModelType: Qwen2, AttentionBias: true } && !otherBias ? Qwen2 : Llama, null);
        }
        return (Qwen3, Lacks(otherBias || model.AttentionBias, "both query-key norms and biases"));
    }

    static string? Biases(ModelConfig model) => Lacks(model.AttentionBias || model.OutputBias || model.MlpBias, "biases");

    static string? Untied(ModelConfig model) => Lacks(!model.TieWordEmbeddings, "a head of its own");

    static string? Windows(ModelConfig model, int interval, bool isRequired) => model.SlidingWindow is null
        ? Lacks(isRequired, "a model without windows")
        : Lacks(interval == 0 || WindowInterval(model) != interval, "these layers with windows");

    static string? Lacks(bool isMissing, string what) => isMissing ? what : null;
}
