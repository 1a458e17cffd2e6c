using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents a finished part of a dataset.</summary>
/// <param name="Path">File of the shard.</param>
/// <param name="Number">i, from 1.</param>
/// <param name="Count">n.</param>
/// <param name="Summary">Content of its summary file.</param>
sealed record Shard(string Path, int Number, int Count, JsonObject Summary)
{
    /// <summary>The suffix of the summary's file name.</summary>
    internal const string SummaryEnding = ".summary.json";

    JsonObject Settings => Summary["settings"]!.AsObject();

    /// <summary>Reads the summary of a shard.</summary>
    /// <exception cref="InputException">The summary is missing, not that of a shard, or the shard is not finished.</exception>
    internal static Shard Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException(File.Exists(path + ".partial")
                ? $"{path} is not finished; resume its synthesis first."
                : $"The shard {path} does not exist.");
        }
        if (!File.Exists(path + SummaryEnding))
        {
            throw new InputException($"{path}{SummaryEnding} is missing; each shard needs the summary that synthesis wrote beside it.");
        }
        try
        {
            JsonObject summary = JsonNode.Parse(RegularFile.ReadAllText(path + SummaryEnding))!.AsObject();
            JsonObject counts = summary["counts"]!.AsObject();
            _ = (int)counts["written"]!;
            string? part = (string?)summary["settings"]!.AsObject()["shard"];
            return part?.Split('/') is [var number, var count]
                ? new(path, int.Parse(number, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture), summary)
                : throw new InputException($"{path} was made in one piece and is not a shard; there is nothing to merge.");
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or OverflowException)
        {
            throw new InputException($"{path}{SummaryEnding} is damaged; make the shard again.", e);
        }
    }

    /// <summary>Returns the name of a setting in which two shards differ; null where they are of one run.</summary>
    internal string? Difference(Shard other)
    {
        if (Count != other.Count)
        {
            return "number of shards";
        }
        return Settings
            .Select(s => s.Key)
            .Union(other.Settings.Select(s => s.Key))
            .FirstOrDefault(k => k != "shard" && !JsonNode.DeepEquals(Settings[k], other.Settings[k]));
    }

    /// <summary>Lines and what they say, in the file's order.</summary>
    /// <exception cref="InputException">A line is no sample, or there are not as many as the summary says.</exception>
    internal IEnumerable<(string Line, PreferenceSample Sample)> Samples()
    {
        int lines = 0, written = (int)Summary["counts"]!["written"]!;
        foreach (string line in PreferenceDataset.Lines(Path))
        {
            lines++;
            yield return (line, PreferenceLine.Parse(line, $"{Path}:{lines}"));
        }
        if (lines != written)
        {
            throw new InputException($"{Path} has {lines} samples and its summary says {written}; make the shard again.");
        }
    }
}
