using System.Globalization;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Alignment.Recipes;

/// <summary>RoPE scaling as recipes and commands spell it: "yarn:8", "theta:500000", "none".</summary>
public static class RopeOption
{
    /// <summary>The spellings.</summary>
    public const string Spellings = "none, theta:BASE, or linear, yarn, dynamic, ntk or truncated with a factor, as in yarn:8";

    const double MaxFactor = 1e6, MaxTheta = 1e15; // what config.json may say

    /// <summary>The rule for a model; null keeps what its config.json says.</summary>
    /// <param name="text">As spelt by <see cref="Spellings"/>, or null.</param>
    /// <param name="config">Its window is the one that is scaled; of a model that is scaled already, the one before.</param>
    /// <exception cref="InputException">The text is none of the spellings, or the rule does not suit the model.</exception>
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
            "theta" => new RopeScaling.AdjustedBase(number),
            "dynamic" or "ntk" when config.HeadDim <= 2 => throw new InputException(
                $"rope '{text}' needs a head_dim above 2, and the model's is {config.HeadDim}; use linear or yarn."),
            "dynamic" => new RopeScaling.DynamicNtk(number, window),
            "ntk" => new RopeScaling.NtkAware(number, window),
            _ => new RopeScaling.Unscaled(),
        };
    }

    /// <summary>
    /// The window that factors count from. A model that a rule has stretched already gets another in its place, not one on top.
    /// </summary>
    static int Unscaled(ModelConfig config) => config.RopeScaling switch
    {
        RopeScaling.Yarn yarn => yarn.OriginalMaxPositionEmbeddings,
        RopeScaling.NtkAware ntk => ntk.OriginalMaxPositionEmbeddings,
        RopeScaling.DynamicNtk dynamic => dynamic.OriginalMaxPositionEmbeddings,
        RopeScaling.Truncated truncated => truncated.OriginalMaxPositionEmbeddings,
        RopeScaling.Linear linear => Math.Max(1, (int)(config.MaxPositionEmbeddings / linear.Factor)),
        _ => config.MaxPositionEmbeddings,
    };

    /// <summary>Whether <see cref="Parse"/> would take the text.</summary>
    internal static bool IsKnown(string? text) => text is null || Split(text) is not null;

    /// <summary>s of "linear:s"; null for any other text.</summary>
    internal static double? LinearFactor(string? text) => text is not null && Split(text) is ("linear", var factor) ? factor : null;

    static (string Rule, double Number)? Split(string text)
    {
        string[] parts = text.Split(':');
        bool isNumber = double.TryParse(parts[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double number);
        return parts switch
        {
            ["none"] => ("none", 1),
            ["theta", _] when isNumber && number is > 1 and <= MaxTheta => ("theta", number),
            ["linear" or "yarn" or "dynamic" or "ntk" or "truncated", _] when isNumber && number is >= 1 and <= MaxFactor => (
                parts[0],
                number),
            _ => null,
        };
    }
}
