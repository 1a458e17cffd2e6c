using System.Globalization;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Recipes;

/// <summary>RoPE scaling as recipes and commands spell it: "yarn:8", "linear:4", "none".</summary>
public static class RopeOption
{
    /// <summary>The spellings.</summary>
    public const string Spellings = "none, linear:FACTOR or yarn:FACTOR, as in yarn:8";

    /// <summary>The rule for a model; null keeps what its config.json says.</summary>
    /// <param name="text">As spelt by <see cref="Spellings"/>, or null.</param>
    /// <param name="config">Its window is the one that is scaled.</param>
    /// <exception cref="InputException">The text is none of the spellings.</exception>
    public static RopeScaling? Parse(string? text, ModelConfig config)
    {
        if (text is null)
        {
            return null;
        }
        (string rule, double factor) = Split(text) ?? throw new InputException($"rope '{text}' is unknown; use {Spellings}.");
        return rule switch
        {
            "linear" => new RopeScaling.Linear(factor),
            "yarn" => new RopeScaling.Yarn(factor, config.MaxPositionEmbeddings),
            _ => new RopeScaling.Unscaled(),
        };
    }

    /// <summary>Whether <see cref="Parse"/> would take the text.</summary>
    internal static bool IsKnown(string? text) => text is null || Split(text) is not null;

    static (string Rule, double Factor)? Split(string text)
    {
        string[] parts = text.Split(':');
        bool isNumber = double.TryParse(parts[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double factor);
        return parts switch
        {
            ["none"] => ("none", 1),
            ["linear" or "yarn", _] when isNumber && factor >= 1 && double.IsFinite(factor) => (parts[0], factor),
            _ => null,
        };
    }
}
