using System.Globalization;
using System.Text.Json;
using Farsight.Engine.Checkpoints.Families;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Checkpoints;

/// <summary>Reads and writes the RoPE keys of config.json: rope_theta and rope_scaling, or both under rope_parameters.</summary>
static class RopeConfig
{
    const double MaxTheta = 1e15, MaxFactor = 1e6;
    const string Original = "original_max_position_embeddings", Truncated = "truncated", Dropped = "dropped"; // types of Farsight's own
    const string Partial = "partial_rotary_factor", Full = "full_attention", Sliding = "sliding_attention";

    static readonly string[] s_spellings = ["rope_scaling", "rope_parameters"];

    // "finetuned" is a note of YaRN's authors.
    static readonly string[] s_common = ["type", "rope_type", "rope_theta", "partial_rotary_factor", "factor", Original, "finetuned"];

    /// <summary>Returns the objects that describe the rotation, of the layers without a window where they differ.</summary>
    static IEnumerable<ConfigReader> Objects(ConfigReader config, ModelFamily family) => s_spellings
        .Select(config.Object)
        .OfType<ConfigReader>()
        .Select(rope => family.RopeByLayerType && IsByLayerType(rope) ? rope.Object(Full) : rope)
        .OfType<ConfigReader>();

    /// <summary>Returns whether an object has an entry for each kind of layer instead of keys that apply to all.</summary>
    static bool IsByLayerType(ConfigReader rope)
    {
        if (!rope.Has(Full) && !rope.Has(Sliding))
        {
            return false;
        }
        string? other = rope.Root.EnumerateObject().Select(p => p.Name).FirstOrDefault(k => rope.Has(k) && k is not (Full or Sliding));
        return other is null ? true : throw rope.Invalid(other, $"move it into {Full} or {Sliding}, which have keys of their own");
    }

    /// <summary>Computes the rotated dimensions of a head.</summary>
    internal static int RotatedDim(ConfigReader config, ModelFamily family, int headDim)
    {
        if (!family.RotatesPartly)
        {
            return headDim;
        }
        ConfigReader[] places = [.. Places(config, family, Partial)];
        int rotated = (int)(headDim * (OneOf(config, Partial, places.Select(p => p.Double(Partial, 1e-3, 1))) ?? 1));
        return rotated >= 2 && rotated % 2 == 0
            ? rotated
            : throw places[0].Invalid(Partial, $"the rotated dimensions, {rotated} of {headDim}, must be even and at least 2");
    }

    /// <summary>Reads the base of the layers with a window, whose rotation is not scaled.</summary>
    internal static double WindowedTheta(ConfigReader config, string key, double absent)
    {
        List<double> given = config.Has(key) ? [config.Double(key, 1, MaxTheta)] : [];
        foreach (ConfigReader rope in s_spellings.Select(config.Object).Select(r => r?.Object(Sliding)).OfType<ConfigReader>())
        {
            if (rope.String("rope_type", "default") != "default")
            {
                throw rope.Invalid("rope_type", "only default is supported for layers with a window");
            }
            string[] keys = [.. rope.Root.EnumerateObject().Select(p => p.Name).Where(rope.Has)];
            if (keys.FirstOrDefault(k => k is not ("rope_type" or "rope_theta")) is { } unknown)
            {
                throw rope.Invalid(unknown, "it is not supported for layers with a window");
            }
            if (rope.Has("rope_theta"))
            {
                given.Add(rope.Double("rope_theta", 1, MaxTheta));
            }
        }
        return OneOf(config, key, given) ?? absent;
    }

    internal static double Theta(ConfigReader config, ModelFamily family) =>
        OneOf(config, "rope_theta", Places(config, family, "rope_theta").Select(p => p.Double("rope_theta", 1, MaxTheta)))
        ?? family.RopeTheta;

    /// <summary>Returns the objects that have a key: config.json itself and those that describe the rotation.</summary>
    static IEnumerable<ConfigReader> Places(ConfigReader config, ModelFamily family, string key) =>
        Objects(config, family).Prepend(config).Where(p => p.Has(key));

    /// <summary>Returns the value of a key that several places may state; null if none does.</summary>
    static double? OneOf(ConfigReader config, string key, IEnumerable<double> given)
    {
        double[] values = [.. given.Distinct()];
        return values.Length switch
        {
            0 => null,
            1 => values[0],
            _ => throw config.Invalid(key, $"{string.Join(" or ", s_spellings)} has another value; remove one of them"),
        };
    }

    /// <param name="config">config.json.</param>
    /// <param name="family">Its family.</param>
    /// <param name="maxPositions">max_position_embeddings.</param>
    /// <param name="headDim">Rotated dimensions of a head.</param>
    internal static RopeScaling Scaling(ConfigReader config, ModelFamily family, int maxPositions, int headDim)
    {
        int? original = OriginalOf(config, family);
        RopeScaling[] given = [.. Objects(config, family).Select(rope => One(rope, family, maxPositions, original, headDim))];
        return given.Distinct().Count() <= 1
            ? given.FirstOrDefault() ?? new RopeScaling.Unscaled()
            : throw config.Invalid("rope_parameters", "it contradicts rope_scaling; remove one of them");
    }

    /// <summary>Computes the window, in tokens, from max_position_embeddings and the scaling.</summary>
    /// <remarks>
    /// Two conventions exist. In the documentation of transformers (linear, dynamic) and the instructions of Qwen (YaRN),
    /// max_position_embeddings is the window before scaling; in other files it is the scaled window. The window is therefore the
    /// original window times the factor, but at least max_position_embeddings. The original window is
    /// original_max_position_embeddings, or max_position_embeddings if that is absent. With Llama 3's rule and LongRoPE,
    /// max_position_embeddings is always the scaled window.
    /// </remarks>
    internal static int Window(ConfigReader config, ModelFamily family, RopeScaling scaling, int maxPositions)
    {
        double stretched = scaling switch
        {
            RopeScaling.Linear linear => linear.Factor * (OriginalOf(config, family) ?? maxPositions),
            RopeScaling.DynamicNtk dynamic => dynamic.Factor * dynamic.OriginalMaxPositionEmbeddings,
            RopeScaling.Yarn yarn => yarn.Factor * yarn.OriginalMaxPositionEmbeddings,
            _ => 0,
        };
        return (int)Math.Min(Math.Max(maxPositions, stretched), int.MaxValue);
    }

    static int? OriginalOf(ConfigReader config, ModelFamily family) =>
        (int?)OneOf(config, Original, Places(config, family, Original).Select(p => (double)p.Int(Original, 1, int.MaxValue)));

    static RopeScaling One(ConfigReader rope, ModelFamily family, int maxPositions, int? original, int headDim)
    {
        if (!family.RotatesPartly && rope.Double(Partial, double.MinValue, double.MaxValue, 1) != 1)
        {
            throw rope.Invalid(Partial, "only 1 is supported");
        }
        bool hasOldName = family.LongRopeWindow is not null && rope.Has("long_factor");
        string Current(string type) => hasOldName && type is "su" or "yarn" ? "longrope" : type;
        string key = rope.Has("rope_type") ? "rope_type" : "type", type = Current(rope.String(key, "default"));
        if (rope.Has("rope_type") && rope.Has("type") && Current(rope.String("type")) != type)
        {
            throw rope.Invalid("type", $"rope_type is {type}; remove one of them");
        }
        string[] own = type switch
        {
            "default" or "linear" or "dynamic" => [],
            "llama3" => ["low_freq_factor", "high_freq_factor"],
            "yarn" => ["beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim", "truncate"],
            "longrope" => ["short_factor", "long_factor", "attention_factor"],
            Truncated or Dropped => [],
            _ => throw rope.Invalid(key, $"supported are default, linear, dynamic, llama3, yarn, longrope, {Truncated} and {Dropped}"),
        };
        if (
            rope.Root.EnumerateObject().Select(p => p.Name).FirstOrDefault(k => rope.Has(k) && !s_common.Contains(k) && !own.Contains(k)) is
            { } unknown)
        {
            throw rope.Invalid(unknown, $"it is not supported with {type}; remove the key if you know that it has no effect");
        }
        return type switch
        {
            "linear" => new RopeScaling.Linear(Factor(rope)),
            "dynamic" => Dynamic(rope, maxPositions, original, headDim),
            "llama3" => Llama3(rope, original),
            "yarn" => Yarn(rope, maxPositions, original),
            "longrope" => LongRope(rope, family, maxPositions, original, headDim / 2),
            Truncated => new RopeScaling.Truncated(Factor(rope), original ?? throw rope.Missing(Original)),
            Dropped => new RopeScaling.Dropped(Factor(rope), original ?? throw rope.Missing(Original)),
            _ => rope.Double("factor", 1, MaxFactor, 1) == 1
                ? new RopeScaling.Unscaled()
                : throw rope.Invalid("factor", "a factor needs a rope_type"),
        };
    }

    static RopeScaling.DynamicNtk Dynamic(ConfigReader rope, int maxPositions, int? original, int headDim)
    {
        if ((original ?? maxPositions) != maxPositions)
        {
            throw rope.Invalid(Original, $"dynamic scaling requires max_position_embeddings, {maxPositions}");
        }
        return headDim > 2 ? new(Factor(rope), maxPositions) : throw rope.Invalid("rope_type", "dynamic scaling needs a head_dim above 2");
    }

    static RopeScaling.Llama3 Llama3(ConfigReader rope, int? original)
    {
        double low = rope.Double("low_freq_factor", 1e-3, MaxFactor), high = rope.Double("high_freq_factor", 1e-3, MaxFactor);
        return high > low
            ? new(Factor(rope), low, high, original ?? throw rope.Missing(Original))
            : throw rope.Invalid(
                "high_freq_factor",
                string.Create(CultureInfo.InvariantCulture, $"it must be above low_freq_factor, {low}"));
    }

    static RopeScaling.Yarn Yarn(ConfigReader rope, int maxPositions, int? given)
    {
        int original = given ?? maxPositions;
        double fast = rope.Double("beta_fast", 1e-3, MaxFactor, 32), slow = rope.Double("beta_slow", 1e-3, MaxFactor, 1);
        return fast >= slow
            ? new(
                Factor(rope, maxPositions, original),
                original,
                fast,
                slow,
                AttentionFactor(rope),
                Optional(rope, "mscale"),
                Optional(rope, "mscale_all_dim"),
                rope.Bool("truncate", true))
            : throw rope.Invalid("beta_slow", "it must not be above beta_fast");
    }

    static RopeScaling.LongRope LongRope(ConfigReader rope, ModelFamily family, int maxPositions, int? given, int pairs)
    {
        int original = given ?? family.LongRopeWindow ?? maxPositions;
        if (original < 2)
        {
            throw rope.Invalid(Original, "the factor of LongRoPE's attention needs at least 2");
        }
        bool isRatio = family.LongRopeWindow is not null && !rope.Has("factor");
        return new(
            isRatio ? Math.Max(1, (double)maxPositions / original) : Factor(rope, maxPositions, original),
            original,
            rope.Doubles("short_factor", pairs, 1e-3, MaxFactor),
            rope.Doubles("long_factor", pairs, 1e-3, MaxFactor),
            AttentionFactor(rope));
    }

    static double Factor(ConfigReader rope) => rope.Double("factor", 1, MaxFactor);

    // Where the factor is left out, transformers takes the ratio of the windows.
    static double Factor(ConfigReader rope, int maxPositions, int original) =>
        rope.Has("factor") || original >= maxPositions ? Factor(rope) : (double)maxPositions / original;

    static double? AttentionFactor(ConfigReader rope) =>
        rope.Has("attention_factor") ? rope.Double("attention_factor", 1e-3, MaxFactor) : null;

    static double? Optional(ConfigReader rope, string key) => rope.Has(key) ? rope.Double(key, 0, MaxFactor) : null;

    internal static void Write(Utf8JsonWriter json, ModelConfig model)
    {
        RopeScaling scaling = model.RopeScaling;
        Write(json, "rope_theta", scaling.Theta(model.RotatedDim, model.RopeTheta));
        if (scaling.IsPlain)
        {
            json.WriteNull("rope_scaling");
            return;
        }
        if (scaling is RopeScaling.LongRope { OriginalMaxPositionEmbeddings: int window })
        {
            json.WriteNumber(Original, window); // transformers before 5 looks for it here
        }
        json.WriteStartObject("rope_scaling");
        switch (scaling)
        {
            case RopeScaling.Linear linear:
                json.WriteString("rope_type", "linear");
                Write(json, "factor", linear.Factor);
                // Marks max_position_embeddings as the scaled window; without this key, readers multiply it by the factor.
                json.WriteNumber(Original, linear.WindowBefore(model.MaxPositionEmbeddings));
                break;
            case RopeScaling.DynamicNtk dynamic:
                json.WriteString("rope_type", "dynamic");
                Write(json, "factor", dynamic.Factor);
                break;
            case RopeScaling.Llama3 llama3:
                json.WriteString("rope_type", "llama3");
                Write(json, "factor", llama3.Factor);
                Write(json, "low_freq_factor", llama3.LowFreqFactor);
                Write(json, "high_freq_factor", llama3.HighFreqFactor);
                json.WriteNumber(Original, llama3.OriginalMaxPositionEmbeddings);
                break;
            case RopeScaling.Yarn yarn:
                json.WriteString("rope_type", "yarn");
                Write(json, "factor", yarn.Factor);
                json.WriteNumber(Original, yarn.OriginalMaxPositionEmbeddings);
                Write(json, "beta_fast", yarn.BetaFast);
                Write(json, "beta_slow", yarn.BetaSlow);
                WriteOptional(json, "attention_factor", yarn.AttentionFactor);
                WriteOptional(json, "mscale", yarn.MScale);
                WriteOptional(json, "mscale_all_dim", yarn.MScaleAllDim);
                if (!yarn.Truncate)
                {
                    json.WriteBoolean("truncate", false);
                }
                break;
            case RopeScaling.LongRope longRope:
                // transformers before 5 accepts only the type and the lists in Phi-3's files.
                bool isBare = ModelFamily.All[model.ModelType].LongRopeWindow is not null
                    && longRope.Factor == (double)model.MaxPositionEmbeddings / longRope.OriginalMaxPositionEmbeddings;
                json.WriteString(isBare ? "type" : "rope_type", "longrope");
                if (!isBare)
                {
                    Write(json, "factor", longRope.Factor);
                    json.WriteNumber(Original, longRope.OriginalMaxPositionEmbeddings);
                }
                Write(json, "short_factor", longRope.ShortFactors);
                Write(json, "long_factor", longRope.LongFactors);
                WriteOptional(json, "attention_factor", longRope.AttentionFactor);
                break;
            case RopeScaling.Truncated truncated:
                json.WriteString("rope_type", Truncated);
                Write(json, "factor", truncated.Factor);
                json.WriteNumber(Original, truncated.OriginalMaxPositionEmbeddings);
                break;
            case RopeScaling.Dropped dropped:
                json.WriteString("rope_type", Dropped);
                Write(json, "factor", dropped.Factor);
                json.WriteNumber(Original, dropped.OriginalMaxPositionEmbeddings);
                break;
            default:
                throw new ArgumentException($"{scaling.GetType().Name} cannot be expressed in config.json.", nameof(model));
        }
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, string key, IReadOnlyList<double> values)
    {
        json.WriteStartArray(key);
        foreach (double value in values)
        {
            json.WriteNumberValue(value);
        }
        json.WriteEndArray();
    }

    static void WriteOptional(Utf8JsonWriter json, string key, double? value)
    {
        if (value is { } given)
        {
            Write(json, key, given);
        }
    }

    // "4.0" and not "4": transformers wants floats here and warns about integers.
    static void Write(Utf8JsonWriter json, string key, double value)
    {
        json.WritePropertyName(key);
        string digits = value.ToString("R", CultureInfo.InvariantCulture);
        json.WriteRawValue(digits.All(c => char.IsAsciiDigit(c) || c == '-') ? digits + ".0" : digits);
    }
}
