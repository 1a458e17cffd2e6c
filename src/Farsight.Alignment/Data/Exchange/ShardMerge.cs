using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents the result of a merge.</summary>
/// <param name="Samples">Samples in the file.</param>
/// <param name="Missing">Numbers of the missing shards.</param>
public sealed record MergeCounts(int Samples, IReadOnlyList<int> Missing);

/// <summary>Merges the shards of a dataset into the file that one process would have made.</summary>
/// <remarks>
/// Each shard has a FILE.summary.json with its settings and counts. The settings must be those of one run. Samples are merged by their
/// number; each shard is sorted already, so one line per shard is in memory.
/// </remarks>
public static class ShardMerge
{
    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the dataset and its summary.</summary>
    /// <param name="output">The .jsonl file; it must not exist.</param>
    /// <param name="shards">The shards in any order.</param>
    /// <param name="allowMissing">Merges the existing shards and lists the missing ones in the summary.</param>
    /// <exception cref="InputException">Shards are missing, not finished, not of one run, damaged or given twice.</exception>
    public static MergeCounts Write(string output, IReadOnlyList<string> shards, bool allowMissing)
    {
        AtomicFile.RequireNew(output);
        Shard[] read = [.. shards.Select(Shard.Read).OrderBy(s => s.Number)];
        int[] missing = Check(read, allowMissing);
        int samples = 0;
        AtomicFile.Write(output, stream =>
        {
            foreach (string line in InOrder(read))
            {
                stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
                samples++;
            }
            // Before the dataset has its name: a dataset without its summary could neither be merged again nor used as it is.
            AtomicFile.WriteText(output + Shard.SummaryEnding, Summary(read, missing).ToJsonString(s_json) + "\n");
        });
        return new(samples, missing);
    }

    static int[] Check(Shard[] shards, bool allowMissing)
    {
        Shard first = shards[0];
        foreach ((Shard before, Shard shard) in shards.Zip(shards.Skip(1)))
        {
            if (first.Difference(shard) is { } key)
            {
                throw new InputException(
                    $"{shard.Path} was made with another {key} than {first.Path}; merge only shards of one run.");
            }
            if (before.Number == shard.Number)
            {
                throw new InputException($"{before.Path} and {shard.Path} are both shard {shard.Number} of {shard.Count}; pass each "
                    + "shard once.");
            }
        }
        int[] missing = [.. Enumerable.Range(1, first.Count).Except(shards.Select(s => s.Number))];
        return missing.Length == 0 || allowMissing
            ? missing
            : throw new InputException(
                $"{(missing.Length == 1 ? "Shard" : "Shards")} {string.Join(", ", missing)} of {first.Count} "
                    + $"{(missing.Length == 1 ? "is" : "are")} missing; add them, or allow missing shards."
            );
    }

    /// <summary>Returns all lines by sample number.</summary>
    static IEnumerable<string> InOrder(Shard[] shards)
    {
        PriorityQueue<IEnumerator<(string Line, int Index, IEnumerable<string> Ids)>, int> next = new();
        HashSet<string> ids = new(StringComparer.Ordinal);
        List<IEnumerator<(string, int, IEnumerable<string>)>> open = [];
        try
        {
            foreach (Shard shard in shards)
            {
                IEnumerator<(string Line, int Index, IEnumerable<string> Ids)> lines = shard.Lines().GetEnumerator();
                open.Add(lines);
                Enqueue(next, lines);
            }
            int last = -1;
            while (next.TryDequeue(out IEnumerator<(string Line, int Index, IEnumerable<string> Ids)>? lines, out int index))
            {
                (string line, _, IEnumerable<string> own) = lines.Current;
                if (index <= last || own.Any(id => !ids.Add(id)))
                {
                    throw new InputException(
                        $"Sample {index} ('{own.First()}') is duplicated or out of order; a shard was changed after it was made. Make "
                            + "that shard again.");
                }
                last = index;
                yield return line;
                Enqueue(next, lines);
            }
        }
        finally
        {
            open.ForEach(lines => lines.Dispose());
        }
    }

    static void Enqueue(
        PriorityQueue<IEnumerator<(string Line, int Index, IEnumerable<string> Ids)>, int> next,
        IEnumerator<(string Line, int Index, IEnumerable<string> Ids)> lines)
    {
        if (lines.MoveNext())
        {
            next.Enqueue(lines, lines.Current.Index);
        }
    }

    /// <summary>Returns the summary that one process would have written, and what is missing of it.</summary>
    static JsonObject Summary(Shard[] shards, int[] missing)
    {
        JsonObject summary = shards[0].Summary.DeepClone().AsObject();
        summary["settings"]!.AsObject()["shard"] = null;
        foreach (Shard shard in shards.Skip(1))
        {
            summary["counts"] = Sum(summary["counts"], shard.Summary["counts"]);
        }
        if (missing.Length > 0)
        {
            summary["missing_shards"] = new JsonArray([.. missing.Select(m => JsonValue.Create(m))]);
        }
        return summary;
    }

    /// <summary>Numbers are added, objects field by field; names that only one has go where they belong by order.</summary>
    static JsonNode? Sum(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (null, _) => b?.DeepClone(),
        (_, null) => a.DeepClone(),
        (JsonObject x, JsonObject y) => Sum(x, y),
        (JsonValue x, JsonValue y) when x.TryGetValue(out long m) && y.TryGetValue(out long n) => JsonValue.Create(m + n),
        _ => a.DeepClone(),
    };

    static JsonObject Sum(JsonObject a, JsonObject b)
    {
        string[] names = [.. a.Select(p => p.Key), .. b.Select(p => p.Key).Where(k => !a.ContainsKey(k))];
        // reasons by name, which are sorted; fields of a record are the same in both
        bool isOpen = names.Length != a.Count || names.Length != b.Count;
        return new(
            (isOpen ? names.Order(StringComparer.Ordinal) : names.AsEnumerable()).Select(n => KeyValuePair.Create(n, Sum(a[n], b[n]))));
    }
}
