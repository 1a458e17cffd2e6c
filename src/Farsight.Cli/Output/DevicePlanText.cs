using System.Text.Json.Nodes;
using Farsight.Engine.Numerics;
using Farsight.Workflows.Train;

namespace Farsight.Cli.Output;

/// <summary>Prints the planned memory of a device.</summary>
static class DevicePlanText
{
    static readonly (string Key, string Label, Func<DevicePlan, long> Of)[] s_parts =
    [
        ("weights", "frozen weights", p => p.Weights),
        ("trained", "trained", p => p.Trained),
        ("activations", "inputs of layers", p => p.Activations),
        ("layer", "one layer", p => p.Layer),
        ("logits", "logits", p => p.Logits),
        ("libraries", "libraries", p => p.Libraries),
        ("total", "total", p => p.Total),
    ];

    /// <summary>Prints a plan and returns whether it fits.</summary>
    /// <param name="device">Name and number format of the device.</param>
    /// <param name="host">The plan of the run.</param>
    /// <param name="plan">The plan of the device.</param>
    /// <param name="budget">Memory of the device in bytes.</param>
    /// <param name="asJson">Whether to print JSON.</param>
    internal static bool Print((string Name, NumberFormat Format) device, TrainPlan host, DevicePlan plan, long budget, bool asJson)
    {
        bool fits = plan.Total <= budget;
        if (asJson)
        {
            JsonObject json = new()
            {
                ["device"] = device.Name,
                ["precision"] = device.Format.ToString().ToLowerInvariant(),
                ["tokens"] = host.Largest.Rows,
                ["scored_tokens"] = host.Largest.Scored,
                ["budget"] = budget,
                ["fits"] = fits,
            };
            foreach ((string key, _, Func<DevicePlan, long> of) in s_parts)
            {
                json[key] = of(plan);
            }
            Console.WriteLine(json.ToJsonString());
            return fits;
        }
        Console.WriteLine($"largest tree        {host.Largest.Rows} tokens, {host.Largest.Scored} scored");
        Console.WriteLine($"device              {device.Name}, activations in {device.Format}");
        Console.WriteLine();
        foreach ((_, string label, Func<DevicePlan, long> of) in s_parts)
        {
            Console.WriteLine($"{label,-18}{TrainPlan.Text(of(plan)),16}");
        }
        Console.WriteLine();
        Console.WriteLine(
            $"The run {(fits ? "fits" : "does not fit")} in {TrainPlan.Text(budget)} of device memory. The figures are computed, not "
                + "measured.");
        return fits;
    }
}
