using System.Globalization;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Runs;

/// <summary>Verifies that all ranks start the same run: equal bits need equal inputs, programs and vector widths.</summary>
public static class RankAgreement
{
    /// <summary>First characters of the name of a file by which ranks find out whether they share a folder.</summary>
    public const string ProbePrefix = ".ranks-";

    /// <summary>Compares the ranks with rank 0.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="manifest">Manifest of this process.</param>
    /// <param name="settings">Further facts that must be equal, by the name that a message uses: "recipe".</param>
    /// <exception cref="InputException">A rank differs; every rank throws the same.</exception>
    public static void Require(Communicator ranks, RunManifest manifest, params (string Name, string Value)[] settings)
    {
        Dictionary<string, string> facts = new(StringComparer.Ordinal)
        {
            ["Farsight version"] = manifest.FarsightVersion,
            [".NET version"] = manifest.DotnetVersion,
            ["vector width"] = manifest.SimdBits.ToString(CultureInfo.InvariantCulture),
            ["device"] = manifest.Device,
        };
        foreach ((string key, string value) in settings.Concat(manifest.Inputs.Select(i => (i.Key, i.Value))))
        {
            facts[key] = value;
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

    /// <summary>Requires a folder of rank 0 that every rank sees; creates it on rank 0.</summary>
    /// <exception cref="InputException">A rank does not see it; every rank throws the same.</exception>
    public static void RequireShared(Communicator ranks, string folder)
    {
        string name = Path.Combine(folder, ranks.Broadcast($"{ProbePrefix}{Guid.NewGuid():N}")!);
        if (ranks.IsFirst)
        {
            Directory.CreateDirectory(folder);
            RemoveProbes(folder);
        }
        using FileStream? probe = ranks.IsFirst ? ExclusiveFile.Open(name) : null;
        ranks.Any(false); // the file is there before another rank looks
        int[] seen = ranks.AllGather<int>([File.Exists(name) ? 1 : 0]);
        string[] hosts = ranks.AllGather(Environment.MachineName);
        if (ranks.IsFirst)
        {
            File.Delete(name);
        }
        if (Array.IndexOf(seen, 0) is >= 0 and int blind)
        {
            throw new InputException(
                $"Rank {blind} ({hosts[blind]}) does not see {folder} of rank 0 ({hosts[0]}); "
                    + "use an output folder on a shared file system.");
        }
    }

    /// <summary>Removes the files that killed processes left; those of running processes are locked.</summary>
    static void RemoveProbes(string folder)
    {
        foreach (string path in Directory.GetFiles(folder, ProbePrefix + "*"))
        {
            using FileStream? unused = ExclusiveFile.TryOpen(path);
            if (unused is not null)
            {
                File.Delete(path);
            }
        }
    }

    static string Values(Dictionary<string, string> other, Dictionary<string, string> first, string key) =>
        key.EndsWith("version", StringComparison.Ordinal) || key == "vector width" ? $" ({other[key]}, not {first[key]})" : "";
}
