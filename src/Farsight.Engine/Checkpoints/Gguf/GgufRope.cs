using Farsight.Engine.Kernels;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Reads and writes RoPE scaling in GGUF: keys for linear scaling and YaRN, a tensor of divisors for Llama 3.</summary>
/// <remarks>
/// llama.cpp multiplies its own YaRN factor, 0.1 · ln(s) + 1, by the key attn_factor. It selects LongRoPE's factors by the size of the
/// cache instead of the text; Phi-3 is exported all the same, because every file of it is like that. The keys of YaRN's ramp, beta_fast
/// and beta_slow, are read for a few other architectures only. There is no dynamic NTK, which therefore cannot be exported. The
/// truncated basis cannot be exported either: its constant pairs have no finite divisor.
/// </remarks>
static class GgufRope
{
    const double MaxTheta = 1e15, MaxFactor = 1e6;
    const double BetaFast = 32, BetaSlow = 1; // of llama.cpp

    internal static void Write(GgufMetadataWriter keys, string a, ModelConfig model)
    {
        keys.Add($"{a}.rope.dimension_count", (uint)model.RotatedDim);
        keys.Add($"{a}.rope.freq_base", (float)model.RopeScaling.Theta(model.RotatedDim, model.RopeTheta));
        switch (model.RopeScaling)
        {
            case { IsPlain: true }:
                break;
            case RopeScaling.Linear linear:
                keys.Add($"{a}.rope.scaling.type", "linear");
                keys.Add($"{a}.rope.scaling.factor", (float)linear.Factor);
                break;
            case RopeScaling.Yarn { Truncate: true, BetaFast: BetaFast, BetaSlow: BetaSlow } yarn:
                WriteYarn(keys, a, model, yarn);
                break;
            case RopeScaling.Llama3 when a == GgufArchitecture.Llama:
                break; // a tensor says it
            case RopeScaling.LongRope rule when a == GgufArchitecture.Phi3:
                keys.Add($"{a}.rope.scaling.original_context_length", (uint)rule.OriginalMaxPositionEmbeddings);
                keys.Add(
                    $"{a}.rope.scaling.attn_factor",
                    (float)RopeFrequencies.Of(model.RotatedDim, model.RopeTheta, rule).AttentionFactor);
                break;
            default:
                throw new InputException(
                    $"A {model.ModelType} with the RoPE scaling {NameOf(model.RopeScaling)} cannot be exported to GGUF: "
                    + "llama.cpp does not support it."
                );
        }
    }

    static string NameOf(RopeScaling scaling) => scaling switch
    {
        RopeScaling.Yarn { Truncate: false } => "YaRN without rounding (truncate is false)",
        RopeScaling.Yarn yarn => FormattableString.Invariant(
            $"YaRN with beta_fast {yarn.BetaFast} and beta_slow {yarn.BetaSlow} in place of {BetaFast} and {BetaSlow}"),
        _ => scaling.GetType().Name,
    };

    /// <summary>Returns tensors with divisors of the frequencies, [Dh/2]; none if keys are sufficient.</summary>
    internal static IEnumerable<(string Name, float[] Divisors)> Divisors(ModelConfig model) => model.RopeScaling switch
    {
        RopeScaling.Llama3 rule => [(GgufNames.RopeFactors, Divisors(model.HeadDim, model.RopeTheta, rule))],
        RopeScaling.LongRope rule =>
        [
            (GgufNames.LongFactors, [.. rule.LongFactors.Select(f => (float)f)]),
            (GgufNames.ShortFactors, [.. rule.ShortFactors.Select(f => (float)f)]),
        ],
        _ => [],
    };

    internal static double Theta(GgufMetadata keys, string a) => keys.Number($"{a}.rope.freq_base", 1, MaxTheta, 10_000);

    /// <summary>Reads the scaling rule.</summary>
    /// <param name="file">The file.</param>
    /// <param name="a">Architecture.</param>
    /// <param name="rotated">Rotated dimensions of a head.</param>
    internal static RopeScaling Scaling(GgufFile file, string a, int rotated)
    {
        GgufMetadata keys = file.Metadata;
        string type = Type(keys, a);
        if (a == GgufArchitecture.Phi3 && ((string[])[GgufNames.LongFactors, GgufNames.ShortFactors]).Any(file.Tensors.ContainsKey))
        {
            string? other = keys.Number($"{a}.rope.scaling.factor", 0, MaxFactor, 1) != 1 ? "factor"
                : type is "none" or "linear" or "longrope" ? null
                : "type";
            return other is null
                ? LongRope(file, a, rotated)
                : throw keys.Invalid($"{a}.rope.scaling.{other}", $"the tensor {GgufNames.LongFactors} already scales the rotation");
        }
        if (type != "yarn" && keys.Number($"{a}.rope.scaling.attn_factor", 0, double.MaxValue, 1) != 1)
        {
            throw keys.Invalid($"{a}.rope.scaling.attn_factor", "it is supported only with YaRN and with the factors of LongRoPE");
        }
        if (file.Tensors.ContainsKey(GgufNames.RopeFactors))
        {
            return type == "none"
                ? FromDivisors(file, a, rotated)
                : throw keys.Invalid($"{a}.rope.scaling.type", $"the tensor {GgufNames.RopeFactors} already scales the rotation");
        }
        return type switch
        {
            "none" => keys.Number($"{a}.rope.scale_linear", 1, MaxFactor, 1) is > 1 and var factor
                ? new RopeScaling.Linear(factor)
                : new RopeScaling.Unscaled(),
            "linear" => new RopeScaling.Linear(keys.Number($"{a}.rope.scaling.factor", 1, MaxFactor)),
            "yarn" => Yarn(keys, a),
            _ => throw keys.Invalid(
                $"{a}.rope.scaling.type",
                $"{type} is not supported in GGUF files; use the model as a Hugging Face directory"),
        };
    }

    // llama.cpp takes a factor without a type for a linear one.
    static string Type(GgufMetadata keys, string a) => keys.Has($"{a}.rope.scaling.type") ? keys.Text($"{a}.rope.scaling.type")
        : keys.Has($"{a}.rope.scaling.factor") ? "linear"
        : "none";

    static RopeScaling.LongRope LongRope(GgufFile file, string a, int rotated)
    {
        GgufMetadata keys = file.Metadata;
        int window = keys.Whole($"{a}.context_length", 2, int.MaxValue);
        int original = keys.Whole($"{a}.rope.scaling.original_context_length", 2, int.MaxValue, window);
        double attention = keys.Number($"{a}.rope.scaling.attn_factor", 1e-3, MaxFactor, 1);
        RopeScaling.LongRope rule = new(
            Math.Max(1, (double)window / original),
            original,
            ReadDivisors(file, GgufNames.ShortFactors, rotated / 2),
            ReadDivisors(file, GgufNames.LongFactors, rotated / 2));
        double usual = RopeFrequencies.Of(rotated, Theta(keys, a), rule).AttentionFactor;
        return Math.Abs(attention / usual - 1) < 1e-6 ? rule : rule with { AttentionFactor = attention };
    }

    static double[] ReadDivisors(GgufFile file, string name, int pairs)
    {
        double[] divisors = file.Tensors.TryGetValue(name, out StoredTensor? tensor) && tensor.Shape.Count == 1 && tensor.Count == pairs
            ? tensor.ReadDoubles()
            : [];
        return divisors.Length > 0 && divisors.All(d => d is >= 1e-3f and <= MaxFactor)
            ? divisors
            : throw new InputException(
                $"{file.Path}: {name} must contain {pairs} positive frequency divisors; download the file again.");
    }

    static void WriteYarn(GgufMetadataWriter keys, string a, ModelConfig model, RopeScaling.Yarn yarn)
    {
        keys.Add($"{a}.rope.scaling.type", "yarn");
        keys.Add($"{a}.rope.scaling.factor", (float)yarn.Factor);
        keys.Add($"{a}.rope.scaling.original_context_length", (uint)yarn.OriginalMaxPositionEmbeddings);
        double relative = RopeFrequencies.Of(model.HeadDim, model.RopeTheta, yarn).AttentionFactor / UsualFactor(yarn.Factor);
        if (Math.Abs(relative - 1) > 1e-9)
        {
            keys.Add($"{a}.rope.scaling.attn_factor", (float)relative);
        }
    }

    static RopeScaling.Yarn Yarn(GgufMetadata keys, string a)
    {
        double factor = keys.Number($"{a}.rope.scaling.factor", 1, MaxFactor);
        double relative = keys.Number($"{a}.rope.scaling.attn_factor", 1e-3, 1e3, 1);
        if (keys.Number($"{a}.rope.scaling.yarn_log_multiplier", double.MinValue, double.MaxValue, 0) != 0)
        {
            throw keys.Invalid($"{a}.rope.scaling.yarn_log_multiplier", "it is not supported");
        }
        foreach ((string key, double beta) in ((string, double)[])[("yarn_beta_fast", BetaFast), ("yarn_beta_slow", BetaSlow)])
        {
            if (keys.Number($"{a}.rope.scaling.{key}", double.MinValue, double.MaxValue, beta) != beta)
            {
                throw keys.Invalid(
                    $"{a}.rope.scaling.{key}",
                    FormattableString.Invariant($"llama.cpp ignores it in the architecture {a} and computes with {beta}"));
            }
        }
        return new(
            factor, keys.Whole($"{a}.rope.scaling.original_context_length", 1, int.MaxValue), BetaFast, BetaSlow,
            relative == 1 ? null : relative * UsualFactor(factor));
    }

    static double UsualFactor(double factor) => factor > 1 ? 0.1 * Math.Log(factor) + 1 : 1;

    static float[] Divisors(int headDim, double theta, RopeScaling.Llama3 rule)
    {
        float[] plain = RopeFrequencies.Of(headDim, theta, new RopeScaling.Unscaled()).InvFreq;
        float[] scaled = RopeFrequencies.Of(headDim, theta, rule).InvFreq;
        return [.. plain.Zip(scaled, (p, s) => p / s)];
    }

    // Where they are those of Llama 3's rule it is named, so that the model is the same on every way; else a list of factors does it.
    static RopeScaling FromDivisors(GgufFile file, string a, int headDim)
    {
        GgufMetadata keys = file.Metadata;
        double[] divisors = ReadDivisors(file, GgufNames.RopeFactors, headDim / 2);
        RopeScaling.Llama3 rule = new(Math.Round(divisors.Max(), 3), 1, 4, 8192);
        float[] expected = Divisors(headDim, Theta(keys, a), rule);
        return expected.Zip(divisors, (e, d) => Math.Abs(e / d - 1)).Max() < 1e-5
            ? rule
            : new RopeScaling.LongRope(1, keys.Whole($"{a}.context_length", 1, int.MaxValue), divisors, divisors, 1);
    }
}
