using System.Text.Json;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.More;

/// <summary>
/// Compares the metrics with cases that the official functions computed: every JSON file of evaldata/more, whatever it contains.
/// </summary>
[Trait("Category", "Golden")]
public sealed class WorkedCaseTests(ITestOutputHelper output)
{
    const string Folder = "evaldata/more";
    const double Tolerance = 1e-9;

    public static TheoryData<string> Files => Directory.Exists(SharedMaterial.PathOf(Folder))
        ? [.. Directory.GetFiles(SharedMaterial.PathOf(Folder), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order()]
        : ["graphwalks"];

    [SharedTheory(Folder), MemberData(nameof(Files))]
    public void Every_case_without_Chinese_words_has_the_official_value(string file) => Check(file, needsWords: false);

    [ChineseFact(Folder)]
    public void Every_case_with_Chinese_words_has_the_official_value()
    {
        foreach (string file in (string[])["cnnsum", "longbench_pro", "m4le"])
        {
            Check(file, needsWords: true);
        }
    }

    void Check(string file, bool needsWords)
    {
        JsonElement document = EvalGoldens.Json($"{Folder}/{file}.json");
        List<string> wrong = [];
        int seen = 0, all = 0;
        foreach (JsonElement item in document.GetProperty("cases").EnumerateArray())
        {
            all++;
            WorkedCase one = new(file, item, document);
            if (one.NeedsWords != needsWords)
            {
                continue;
            }
            seen++;
            JsonElement expected = item.GetProperty("expected");
            JsonElement actual = JsonSerializer.SerializeToElement(one.Value());
            if (!Matches(expected, actual))
            {
                wrong.Add($"{item.GetProperty("id")}: {expected} expected, {actual} computed");
            }
        }
        output.WriteLine($"{file}: {seen - wrong.Count} of {seen} cases ({all} in the file)");
        Assert.True(wrong.Count == 0, $"{file}: {wrong.Count} of {seen} wrong\n{string.Join('\n', wrong)}");
        Assert.NotEqual(0, all);
    }

    /// <summary>Compares as Python does: 1 and 1.0 and true are equal. Where the official function fails, the score is 0.</summary>
    static bool Matches(JsonElement expected, JsonElement actual) => (expected.ValueKind, actual.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) =>
            expected.EnumerateObject().All(p => actual.TryGetProperty(p.Name, out JsonElement value) && Matches(p.Value, value)),
        (JsonValueKind.Array, JsonValueKind.Array) => expected.GetArrayLength() == actual.GetArrayLength()
            && expected.EnumerateArray().Zip(actual.EnumerateArray()).All(p => Matches(p.First, p.Second)),
        (JsonValueKind.String, JsonValueKind.String) => expected.GetString() == actual.GetString(),
        (JsonValueKind.String, _) => expected.GetString()!.EndsWith("Error", StringComparison.Ordinal) && Number(actual) == 0,
        (JsonValueKind.Null, JsonValueKind.Null) => true,
        _ => Number(expected) is { } right && Number(actual) is { } said && Math.Abs(right - said) <= Tolerance,
    };

    static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        JsonValueKind.Number => value.GetDouble(),
        _ => null,
    };
}
