using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents a dataset of a mix.</summary>
/// <param name="Path">The .jsonl file.</param>
/// <param name="Share">Its share of the samples, in the unit of the other datasets' shares: 2 against 1.</param>
public sealed record MixPart(string Path, double Share);

/// <summary>Mixes preference datasets into one: all of their samples, or samples drawn in given shares.</summary>
/// <remarks>
/// Samples are drawn without replacement. Each dataset has its own random stream, so another share of one does not change which samples of
/// another are drawn first. FILE.summary.json beside the output names the datasets with their hashes. Lines are copied as they are, except
/// for an id that an earlier dataset of the mix has, which gets the number of its dataset behind it. One line at a time is in memory.
/// </remarks>
public static class DatasetMix
{
    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes samples in the datasets' shares, in an order drawn by the seed.</summary>
    /// <param name="output">The .jsonl file; it must not exist.</param>
    /// <param name="parts">At least one dataset.</param>
    /// <param name="samples">Number of samples; null for as many as the shares allow.</param>
    /// <param name="seed">Seeds the draw and the order.</param>
    /// <returns>Number of samples of each dataset.</returns>
    /// <exception cref="InputException">A dataset is missing or damaged, or has too few samples.</exception>
    public static IReadOnlyList<int> Draw(string output, IReadOnlyList<MixPart> parts, int? samples, int seed)
    {
        AtomicFile.RequireNew(output);
        SampleLines[] files = [.. parts.Select(p => SampleLines.Of(p.Path))];
        int[] counts = Counts(parts, [.. files.Select(f => f.Count)], samples);
        List<(int Part, int Line)> order = [];
        for (int i = 0; i < parts.Count; i++)
        {
            int[] lines = [.. Enumerable.Range(0, files[i].Count)];
            SeededRandom.For(seed, $"mix/{i}", 0).Shuffle<int>(lines);
            order.AddRange(lines.Take(counts[i]).Select(line => (i, line)));
        }
        (int Part, int Line)[] shuffled = [.. order];
        SeededRandom.For(seed, "mix/order", 0).Shuffle<(int, int)>(shuffled);
        JsonObject settings = new()
        {
            ["samples"] = counts.Sum(),
            ["seed"] = seed,
        };
        Write(output, files, shuffled, settings, i => parts[i].Share, canRename: true);
        return counts;
    }

    /// <summary>Writes all samples of the datasets, one after the other.</summary>
    /// <param name="output">The .jsonl file; overwritten.</param>
    /// <param name="paths">Datasets whose samples have different ids.</param>
    /// <exception cref="InputException">A dataset is missing or damaged, or two samples have one id.</exception>
    public static void Concatenate(string output, IReadOnlyList<string> paths)
    {
        SampleLines[] files = [.. paths.Select(SampleLines.Of)];
        IEnumerable<(int Part, int Line)> order = files.SelectMany((f, i) => Enumerable.Range(0, f.Count).Select(line => (i, line)));
        Write(output, files, order, new() { ["samples"] = files.Sum(f => f.Count) }, share: null, canRename: false);
    }

    static void Write(
        string output, SampleLines[] files, IEnumerable<(int Part, int Line)> order, JsonObject settings, Func<int, double>? share,
        bool canRename)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        int[] written = new int[files.Length];
        AtomicFile.Write(output, stream =>
        {
            foreach ((int part, int number) in order)
            {
                (string line, PreferenceSample sample) = files[part].Read(number);
                if (!ids.Add(sample.Id))
                {
                    string id = canRename
                        ? FormattableString.Invariant($"{sample.Id}/{part + 1}")
                        : throw new InputException(
                            $"{files[part].Path}:{number + 1}: the id '{sample.Id}' occurs twice in the mix; give each sample its own.");
                    line = ids.Add(id)
                        ? PreferenceLine.Format(sample with { Id = id })
                        : throw new InputException($"{files[part].Path}: the id '{sample.Id}' occurs twice; give each sample its own.");
                }
                stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
                written[part]++;
            }
            // Before the dataset has its name: a dataset without its summary would not say what it is made of.
            AtomicFile.WriteText(output + Shard.SummaryEnding, Summary(files, written, settings, share).ToJsonString(s_json) + "\n");
        });
    }

    /// <summary>Returns the number of samples of each dataset; what rounding leaves over goes to the largest remainders.</summary>
    static int[] Counts(IReadOnlyList<MixPart> parts, int[] available, int? samples)
    {
        if (parts.FirstOrDefault(p => !(p.Share > 0 && double.IsFinite(p.Share))) is { } wrong)
        {
            throw new InputException(FormattableString.Invariant($"{wrong.Path}: {wrong.Share} is not a share; use a number above 0."));
        }
        double sum = parts.Sum(p => p.Share);
        int possible = (int)Math.Min(int.MaxValue, Math.Floor(parts.Zip(available, (p, n) => n * sum / p.Share).Min() + 1e-9));
        int[] counts = Rounded(parts, sum, samples ?? possible);
        int lacking = Enumerable.Range(0, parts.Count).FirstOrDefault(i => counts[i] > available[i], -1);
        return lacking < 0 && counts.Sum() > 0
            ? counts
            : throw new InputException(
                lacking < 0
                    ? "The shares allow no sample; the smallest dataset is too small."
                    : $"{parts[lacking].Path} has {available[lacking]} samples, and the mix of {samples} needs {counts[lacking]} of them. "
                        + $"At most {possible} samples are possible in these shares.");
    }

    static int[] Rounded(IReadOnlyList<MixPart> parts, double sum, int samples)
    {
        double[] exact = [.. parts.Select(p => samples * p.Share / sum)];
        int[] counts = [.. exact.Select(e => (int)Math.Floor(e + 1e-9))];
        foreach (int i in Enumerable.Range(0, parts.Count).OrderByDescending(i => exact[i] - counts[i]).Take(samples - counts.Sum()))
        {
            counts[i]++;
        }
        return counts;
    }

    static JsonObject Summary(SampleLines[] files, int[] written, JsonObject settings, Func<int, double>? share)
    {
        JsonObject datasets = [];
        for (int i = 0; i < files.Length; i++)
        {
            string name = Path.GetFileName(files[i].Path);
            JsonObject dataset = new()
            {
                ["samples"] = written[i],
                ["available"] = files[i].Count,
                ["sha256"] = files[i].Sha256,
            };
            if (share is not null)
            {
                dataset.Insert(0, "share", share(i));
            }
            datasets[datasets.ContainsKey(name) ? FormattableString.Invariant($"{name}, dataset {i + 1}") : name] = dataset;
        }
        return new() { ["settings"] = settings, ["datasets"] = datasets };
    }
}

/// <summary>Reads the lines of a dataset in any order.</summary>
sealed class SampleLines
{
    readonly List<(long Start, int Length)> _lines = [];

    SampleLines(string path, string sha256) => (Path, Sha256) = (path, sha256);

    internal string Path { get; }

    /// <summary>SHA-256 of the file, in hexadecimal.</summary>
    internal string Sha256 { get; }

    internal int Count => _lines.Count;

    /// <summary>Finds the lines of a file.</summary>
    /// <exception cref="InputException">The file is missing or empty.</exception>
    internal static SampleLines Of(string path)
    {
        if (!File.Exists(path))
        {
            throw PreferenceDataset.Missing(path);
        }
        using FileStream file = RegularFile.OpenRead(path);
        SampleLines lines = new(path, Convert.ToHexStringLower(SHA256.HashData(file)));
        file.Position = 0;
        lines.Find(file);
        return lines.Count > 0 ? lines : throw PreferenceDataset.Empty(path);
    }

    /// <summary>Reads a line, by its number from 0.</summary>
    /// <exception cref="InputException">It is not a sample.</exception>
    internal (string Line, PreferenceSample Sample) Read(int number)
    {
        (long start, int length) = _lines[number];
        byte[] bytes = new byte[length];
        using (FileStream file = RegularFile.OpenRead(Path))
        {
            file.Position = start;
            file.ReadExactly(bytes);
        }
        string source = FormattableString.Invariant($"{Path}:{number + 1}"), line;
        try
        {
            line = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF').TrimEnd('\r');
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{source}: the line is not UTF-8; save the file as UTF-8.", e);
        }
        return (line, PreferenceLine.Parse(line, source));
    }

    void Find(FileStream file)
    {
        byte[] buffer = new byte[1 << 16];
        long start = 0, position = 0;
        for (int read; (read = file.Read(buffer)) > 0; position += read)
        {
            for (int at = 0, end; (end = buffer.AsSpan(at, read - at).IndexOf((byte)'\n')) >= 0; at += end + 1)
            {
                Add(start, position + at + end);
                start = position + at + end + 1;
            }
        }
        if (position > start)
        {
            Add(start, position); // the last line may have no end
        }
    }

    void Add(long start, long end) => _lines.Add((start, checked((int)(end - start))));
}
