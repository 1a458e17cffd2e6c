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
            _ = WrittenOf(summary);
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

    /// <summary>Lines in the file's order, with their numbers in the dataset and their ids.</summary>
    /// <exception cref="InputException">A line is neither sample nor text, or there are not as many as the summary says.</exception>
    internal IEnumerable<(string Line, int Index, IEnumerable<string> Ids)> Lines()
    {
        int lines = 0, written = WrittenOf(Summary);
        bool hasTexts = Summary["counts"]!["written"] is null;
        foreach (string line in PreferenceDataset.Lines(Path))
        {
            lines++;
            string source = $"{Path}:{lines}";
            if (hasTexts)
            {
                string id = IdOf(line, source);
                yield return (line, int.Parse(id[(id.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture), [id]);
            }
            else
            {
                PreferenceSample sample = PreferenceLine.Parse(line, source);
                yield return (line, sample.Provenance.SampleIndex, sample.QuestionIds);
            }
        }
        if (lines != written)
        {
            throw new InputException($"{Path} has {lines} samples and its summary says {written}; make the shard again.");
        }
    }

    /// <summary>Returns the lines that a summary counts: samples, or sequences of texts.</summary>
    static int WrittenOf(JsonObject summary) => (int)(summary["counts"]!["written"] ?? summary["counts"]!["sequences"])!;

    /// <summary>Returns the id of a text, which ends in its number.</summary>
    static string IdOf(string line, string source)
    {
        try
        {
            return (string?)JsonNode.Parse(line)?["id"] is { } id && id.Length > 0 && char.IsAsciiDigit(id[^1])
                ? id
                : throw new InputException($"{source}: the line has no id with a number; make the shard again.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{source}: the line is damaged; make the shard again.", e);
        }
    }
}
