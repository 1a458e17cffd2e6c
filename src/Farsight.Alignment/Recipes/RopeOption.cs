using System.Globalization;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Alignment.Recipes;

/// <summary>Parses RoPE scaling as recipes and commands spell it: "yarn:8", "theta:500000", "none".</summary>
public static class RopeOption
{
    /// <summary>The valid spellings.</summary>
    public const string Spellings = "none, theta:BASE, or linear, yarn, dynamic, ntk, truncated or dropped with a factor, as in yarn:8";

    const double MaxFactor = 1e6, MaxTheta = 1e15; // what config.json may say

    /// <summary>Returns the scaling for a model; null keeps the scaling of its config.json.</summary>
    /// <param name="text">One of <see cref="Spellings"/>, or null.</param>
    /// <param name="config">The model. Factors refer to its window before any scaling.</param>
    /// <exception cref="InputException">The text is not one of the spellings, or the rule does not fit the model.</exception>
    public static RopeScaling? Parse(string? text, ModelConfig config)
    {
        if (text is null)
        {
            return null;
        }
        (string rule, double number) = Split(text) ?? throw new InputException($"rope '{text}' is unknown; use {Spellings}.");
        int window = Unscaled(config);
        return rule switch
        {
            "linear" => new RopeScaling.Linear(number),
            "yarn" => new RopeScaling.Yarn(number, window),
            "truncated" => new RopeScaling.Truncated(number, window),
            "dropped" => new RopeScaling.Dropped(number, window),
            "theta" => new RopeScaling.AdjustedBase(number),
            "dynamic" or "ntk" when config.HeadDim <= 2 => throw new InputException(
                $"rope '{text}' needs a head_dim above 2, and the model's is {config.HeadDim}; use linear or yarn."),
            "dynamic" => new RopeScaling.DynamicNtk(number, window),
            "ntk" => new RopeScaling.NtkAware(number, window),
            _ => new RopeScaling.Unscaled(),
        };
    }

    /// <summary>
    /// Returns the window before any scaling, to which factors refer. A new rule replaces the one of the model.
    /// </summary>
    static int Unscaled(ModelConfig config) => config.RopeScaling switch
    {
        RopeScaling.Yarn yarn => yarn.OriginalMaxPositionEmbeddings,
        RopeScaling.NtkAware ntk => ntk.OriginalMaxPositionEmbeddings,
        RopeScaling.DynamicNtk dynamic => dynamic.OriginalMaxPositionEmbeddings,
        RopeScaling.Truncated truncated => truncated.OriginalMaxPositionEmbeddings,
        RopeScaling.Dropped dropped => dropped.OriginalMaxPositionEmbeddings,
        RopeScaling.Linear linear => linear.WindowBefore(config.MaxPositionEmbeddings),
        _ => config.MaxPositionEmbeddings,
    };

    /// <summary>Tells whether <see cref="Parse"/> accepts the text.</summary>
    public static bool IsKnown(string? text) => text is null || Split(text) is not null;

    /// <summary>Returns s of "linear:s"; null for other texts.</summary>
    internal static double? LinearFactor(string? text) => text is not null && Split(text) is ("linear", var factor) ? factor : null;

    static (string Rule, double Number)? Split(string text)
    {
        string[] parts = text.Split(':');
        bool isNumber = double.TryParse(parts[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double number);
        return parts switch
        {
            ["none"] => ("none", 1),
            ["theta", _] when isNumber && number is > 1 and <= MaxTheta => ("theta", number),
            ["linear" or "yarn" or "dynamic" or "ntk" or "truncated" or "dropped", _] when isNumber && number is >= 1 and <= MaxFactor => (
                parts[0],
                number),
            _ => null,
        };
    }
}
