using System.Globalization;
using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>The rotary part of config.json: rope_theta and rope_scaling, or both in one under rope_parameters.</summary>
static class RopeConfig
{
    const double DefaultTheta = 10_000, MaxTheta = 1e15, MaxFactor = 1e6;
    static readonly string[] s_spellings = ["rope_scaling", "rope_parameters"];

    internal static double Theta(ConfigReader config)
    {
        double theta = config.Double("rope_theta", 1, MaxTheta, DefaultTheta);
        foreach (string key in s_spellings)
        {
            theta = config.Object(key)?.Double("rope_theta", 1, MaxTheta, theta) ?? theta;
        }
        return theta;
    }

    internal static RopeScaling Scaling(ConfigReader config, int maxPositions)
    {
        RopeScaling[] given = [.. s_spellings.Select(config.Object).OfType<ConfigReader>().Select(rope => One(rope, maxPositions))];
        return given.Distinct().Count() <= 1
            ? given.FirstOrDefault() ?? new RopeScaling.Unscaled()
            : throw config.Unsound("rope_parameters", "it contradicts rope_scaling; remove one of them");
    }

    static RopeScaling One(ConfigReader rope, int maxPositions)
    {
        if (rope.Double("partial_rotary_factor", double.MinValue, double.MaxValue, 1) != 1)
        {
            throw rope.Unsound("partial_rotary_factor", "only 1 is supported, rotation of whole heads");
        }
        string type = rope.Has("rope_type") ? rope.String("rope_type") : rope.String("type", "default");
        return type switch
        {
            "default" => new RopeScaling.Unscaled(),
            "linear" => new RopeScaling.Linear(Factor(rope)),
            "llama3" => Llama3(rope),
            "yarn" => Yarn(rope, maxPositions),
            _ => throw rope.Unsound(rope.Has("rope_type") ? "rope_type" : "type", "supported are default, linear, llama3 and yarn"),
        };
    }

    static RopeScaling.Llama3 Llama3(ConfigReader rope)
    {
        double low = rope.Double("low_freq_factor", 1e-3, MaxFactor), high = rope.Double("high_freq_factor", 1e-3, MaxFactor);
        return high > low
            ? new(Factor(rope), low, high, rope.Int("original_max_position_embeddings", 1, int.MaxValue))
            : throw rope.Unsound("high_freq_factor", string.Create(CultureInfo.InvariantCulture, $"it must be above low_freq_factor, {low}"));
    }

    static RopeScaling.Yarn Yarn(ConfigReader rope, int maxPositions)
    {
        foreach (string key in (string[])["mscale", "mscale_all_dim"])
        {
            if (rope.Has(key))
            {
                throw rope.Unsound(key, "this variant of YaRN is not supported; use a model without it");
            }
        }
        if (!rope.Bool("truncate", true))
        {
            throw rope.Unsound("truncate", "only true is supported");
        }
        int original = rope.Int("original_max_position_embeddings", 1, int.MaxValue, maxPositions);
        double fast = rope.Double("beta_fast", 1e-3, MaxFactor, 32), slow = rope.Double("beta_slow", 1e-3, MaxFactor, 1);
        return fast >= slow
            ? new(Factor(rope), original, fast, slow, rope.Has("attention_factor") ? rope.Double("attention_factor", 1e-3, MaxFactor) : null)
            : throw rope.Unsound("beta_slow", "it must not be above beta_fast");
    }

    static double Factor(ConfigReader rope) => rope.Double("factor", 1, MaxFactor);

    internal static void Write(Utf8JsonWriter json, double theta, RopeScaling scaling)
    {
        Write(json, "rope_theta", theta);
        if (scaling is RopeScaling.Unscaled)
        {
            json.WriteNull("rope_scaling");
            return;
        }
        json.WriteStartObject("rope_scaling");
        switch (scaling)
        {
            case RopeScaling.Linear linear:
                json.WriteString("rope_type", "linear");
                Write(json, "factor", linear.Factor);
                break;
            case RopeScaling.Llama3 llama3:
                json.WriteString("rope_type", "llama3");
                Write(json, "factor", llama3.Factor);
                Write(json, "low_freq_factor", llama3.LowFreqFactor);
                Write(json, "high_freq_factor", llama3.HighFreqFactor);
                json.WriteNumber("original_max_position_embeddings", llama3.OriginalMaxPositionEmbeddings);
                break;
            case RopeScaling.Yarn yarn:
                json.WriteString("rope_type", "yarn");
                Write(json, "factor", yarn.Factor);
                json.WriteNumber("original_max_position_embeddings", yarn.OriginalMaxPositionEmbeddings);
                Write(json, "beta_fast", yarn.BetaFast);
                Write(json, "beta_slow", yarn.BetaSlow);
                if (yarn.AttentionFactor is { } factor)
                {
                    Write(json, "attention_factor", factor);
                }
                break;
            default:
                throw new ArgumentException($"{scaling.GetType().Name} has no spelling in config.json.", nameof(scaling));
        }
        json.WriteEndObject();
    }

    // "4.0" and not "4": transformers wants floats here and warns about integers.
    static void Write(Utf8JsonWriter json, string key, double value)
    {
        json.WritePropertyName(key);
        string digits = value.ToString("R", CultureInfo.InvariantCulture);
        json.WriteRawValue(digits.All(c => char.IsAsciiDigit(c) || c == '-') ? digits + ".0" : digits);
    }
}
