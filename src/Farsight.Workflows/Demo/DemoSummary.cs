using System.Globalization;
using System.Text.Json;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;

namespace Farsight.Workflows.Demo;

/// <summary>Represents summary.json: the results of the demo by variant and context length.</summary>
/// <param name="Needle">Share of answers that are exact as a whole.</param>
/// <param name="NeedleInterval">95 % interval of that share: low and high.</param>
/// <param name="NeedleValue">Share of answers that hold the right value, however worded.</param>
/// <param name="Perplexity">Per token, on the same held-out tokens at every length.</param>
/// <param name="Seconds">By stage, and in total.</param>
public sealed record DemoSummary(
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Needle,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double[]>> NeedleInterval,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> NeedleValue,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Perplexity,
    IReadOnlyDictionary<string, double> Seconds)
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Gathers the results of all variants.</summary>
    public static DemoSummary Of(
        IReadOnlyList<(DemoVariant Variant, EvalResults Results)> measured,
        IReadOnlyDictionary<string, double> seconds
    ) =>
        new(
            ByVariant(measured, r => r.Tasks[0].Lengths, c => c.Length, c => c.Mean ?? 0),
            ByVariant(measured, r => r.Tasks[0].Lengths, c => c.Length, c => new[] { c.Low ?? 0, c.High ?? 0 }),
            ByVariant(measured, r => r.Tasks[0].Lengths, c => c.Length, c => c.Beside["value"]),
            ByVariant(measured, r => r.Tasks[1].Lengths, p => p.Length, p => p.Mean ?? double.NaN),
            seconds);

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, s_json) + "\n");

    static Dictionary<string, IReadOnlyDictionary<string, TValue>> ByVariant<TCell, TValue>(
        IReadOnlyList<(DemoVariant Variant, EvalResults Results)> measured,
        Func<EvalResults, IEnumerable<TCell>> cells,
        Func<TCell, int> length,
        Func<TCell, TValue> value)
    {
        Dictionary<string, IReadOnlyDictionary<string, TValue>> all = [];
        foreach ((DemoVariant variant, EvalResults results) in measured)
        {
            all[variant.Key] = cells(results).ToDictionary(c => length(c).ToString(CultureInfo.InvariantCulture), value);
        }
        return all;
    }
}
