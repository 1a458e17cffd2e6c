using System.Globalization;
using System.Text.Json;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Communication;

namespace Farsight.Workflows.Train;

/// <summary>Verifies that all ranks start the same run: equal bits need equal inputs, programs and vector widths.</summary>
static class RankAgreement
{
    /// <summary>Compares the ranks with rank 0.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="manifest">Manifest of this process.</param>
    /// <param name="recipe">Recipe of this process, resolved.</param>
    /// <exception cref="InputException">A rank differs; every rank throws the same.</exception>
    internal static void Require(Communicator ranks, RunManifest manifest, string recipe)
    {
        Dictionary<string, string> facts = new(StringComparer.Ordinal)
        {
            ["Farsight version"] = manifest.FarsightVersion,
            [".NET version"] = manifest.DotnetVersion,
            ["vector width"] = manifest.SimdBits.ToString(CultureInfo.InvariantCulture),
            ["device"] = manifest.Device,
            ["recipe"] = recipe,
        };
        foreach ((string key, string hash) in manifest.Inputs)
        {
            facts[key] = hash;
        }
        string own = JsonSerializer.Serialize(facts);
        Dictionary<string, string>[] all =
            [.. ranks.AllGather(own).Select(f => JsonSerializer.Deserialize<Dictionary<string, string>>(f)!)];
        string[] hosts = ranks.AllGather(Environment.MachineName);
        for (int rank = 1; rank < all.Length; rank++)
        {
            if (all[0].Keys.FirstOrDefault(k => all[rank].GetValueOrDefault(k) != all[0][k]) is { } different)
            {
                string values = Values(all[rank], all[0], different);
                throw new InputException(
                    $"Rank {rank} ({hosts[rank]}) differs from rank 0 ({hosts[0]}) in its {different}{values}; "
                        + "start every rank with the same program, recipe, model and data on equal processors.");
            }
        }
    }

    static string Values(Dictionary<string, string> other, Dictionary<string, string> first, string key) =>
        key.EndsWith("version", StringComparison.Ordinal) || key == "vector width" ? $" ({other[key]}, not {first[key]})" : "";
}
