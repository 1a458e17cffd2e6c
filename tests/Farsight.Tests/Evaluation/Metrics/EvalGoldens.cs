using System.IO.Compression;
using System.Text.Json;
using Farsight.Evaluation.Benchmarks.LongBench;
using Farsight.Evaluation.PythonCompat;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Metrics;

/// <summary>Scores that the benchmarks' own programs computed, one JSON object a line, and stored predictions.</summary>
sealed class EvalGoldens(ITestOutputHelper output)
{
    internal const string Folder = "evaldata/goldens";

    readonly List<string> _wrong = [];
    int _checked;

    /// <summary>Null when jieba's dictionary is here, else the reason that tests of Chinese words are skipped for.</summary>
    internal static string? ChineseMissing =>
        ChineseFolder is null
            ? "jieba's dictionary is missing; set FARSIGHT_JIEBA to the folder of the Python package jieba 0.42.1 "
                + "(dict.txt, finalseg/prob_*.py)."
            : null;

    /// <summary>The folder of jieba; null where it is missing.</summary>
    internal static string? ChineseFolder { get; } =
        new[] { Environment.GetEnvironmentVariable("FARSIGHT_JIEBA"), SharedMaterial.PathOf("evaldata/jieba") }.FirstOrDefault(f =>
            f is { Length: > 0 } && File.Exists(Path.Combine(f, "dict.txt")));

    /// <summary>Read once, because it takes a second; null where it is missing.</summary>
    internal static Lazy<JiebaSegmenter?> Chinese { get; } = new(() => ChineseFolder is null ? null : new(JiebaWords.Open(ChineseFolder)));

    /// <summary>The lines of a file of the shared material, .gz or plain.</summary>
    internal static IEnumerable<JsonElement> Lines(string relative)
    {
        using StreamReader reader = Open(relative);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                using JsonDocument document = JsonDocument.Parse(line);
                yield return document.RootElement.Clone();
            }
        }
    }

    /// <summary>A whole JSON file.</summary>
    internal static JsonElement Json(string relative)
    {
        using StreamReader reader = Open(relative);
        return JsonDocument.Parse(reader.ReadToEnd()).RootElement;
    }

    internal static StreamReader Open(string relative)
    {
        Stream file = File.OpenRead(SharedMaterial.PathOf(relative));
        return new(relative.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
    }

    internal static string[] Strings(JsonElement array) =>
        array.ValueKind == JsonValueKind.Array
            ? [.. array.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : e.GetRawText())]
            : [];

    /// <summary>Checks every line of a file of goldens.</summary>
    /// <param name="output">The test's output.</param>
    /// <param name="file">The file's name in the folder.</param>
    /// <param name="valuesOf">Tells how many values a line has.</param>
    /// <param name="check">Checks the line with this id.</param>
    internal static void CheckLines(
        ITestOutputHelper output, string file, Func<JsonElement, int> valuesOf, Action<EvalGoldens, JsonElement, string> check)
    {
        EvalGoldens goldens = new(output);
        int values = 0;
        foreach (JsonElement line in Lines($"{Folder}/{file}"))
        {
            check(goldens, line, line.GetProperty("id").GetString()!);
            values += valuesOf(line);
        }
        goldens.Finish(file, values);
    }

    internal void Check(string id, double expected, double actual)
    {
        _checked++;
        if (!(Math.Abs(expected - actual) <= 1e-12))
        {
            _wrong.Add($"{id}: {expected:R} expected, {actual:R} computed");
        }
    }

    internal void Check<T>(string id, T expected, T actual)
    {
        _checked++;
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            _wrong.Add($"{id}: <{expected}> expected, <{actual}> computed");
        }
    }

    /// <summary>Computes the mean of scores in percent as the benchmarks print it, rounded as Python rounds.</summary>
    internal static double Percent(IReadOnlyCollection<double> scores) => PythonNumbers.Round(100 * scores.Sum() / scores.Count, 2);

    /// <summary>Fails when a value was wrong, or when the number of checks differs.</summary>
    /// <param name="file">The golden file.</param>
    /// <param name="expectedCount">The number of values in the file; counted there, so that a line nobody reads is noticed.</param>
    internal void Finish(string file, int expectedCount)
    {
        Assert.NotEqual(0, expectedCount);
        output.WriteLine($"{file}: {_checked - _wrong.Count} of {_checked} values");
        Assert.True(_wrong.Count == 0, $"{file}: {_wrong.Count} of {_checked} wrong\n{string.Join('\n', _wrong.Take(30))}");
        Assert.Equal(expectedCount, _checked);
    }
}

/// <summary>
/// A test that needs a file of the shared material and jieba's dictionary; skipped, with the reason, where one is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class ChineseFactAttribute : FactAttribute
{
    public ChineseFactAttribute(string needs) => Skip = SharedMaterial.Missing(needs) ?? EvalGoldens.ChineseMissing;
}
