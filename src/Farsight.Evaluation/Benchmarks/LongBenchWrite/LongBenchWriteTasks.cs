using System.Globalization;
using Farsight.Alignment.Synthesis.Selection;
using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.LongBenchWrite;

/// <summary>Makes the examples of LongBench-Write: 120 writing instructions in English and Chinese with a required length.</summary>
/// <remarks>
/// Version 1. Two tasks: the length score S_L alone, without a judge, and the quality score S_Q, for which a judge rates six dimensions
/// from 1 to 5; beside it are S_L and the mean of both, the benchmark's overall score. All scores are shares of 100. The official judge is
/// GPT-4o at temperature 0.5; the judge prompt is in Farsight's words. Words are counted as officially: runs of ASCII letters, and CJK
/// characters. Source: arXiv:2408.07055; THUDM/LongWriter @ca6ccd4, evaluation.
/// </remarks>
static class LongBenchWriteData
{
    internal const string Source = "arXiv:2408.07055; THUDM/LongWriter @ca6ccd4, evaluation",
        File = "longbench_write/longbench_write.jsonl",
        Benchmark = "longbenchwrite";

    const string Required = "required";
    const int NewTokens = 32768;

    static readonly (int Below, string Name)[] s_ranges =
        [(500, "0 to 500"), (2000, "500 to 2000"), (4000, "2000 to 4000"), (int.MaxValue, "4000 and more")];

    internal static EvalDataFile[] Files { get; } = [new(File, "THUDM/LongWriter @ca6ccd4: evaluation/longbench_write.jsonl")];

    internal static IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        DataRecord.Of(setting.Data, File).Select((record, i) => Example(record, i));

    /// <summary>Returns S_L of a completion as a share.</summary>
    internal static double Length(EvalExample example, string completion) =>
        LengthScore.Of(int.Parse(example.Details[Required][0], CultureInfo.InvariantCulture), LengthScore.Words(completion)) / 100;

    static EvalExample Example(DataRecord record, int number)
    {
        int required = record.Number("length");
        if (required < 1)
        {
            throw record.Lacks("a 'length' of 1 or more");
        }
        string prompt = record.Text("prompt");
        return new(number.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of(prompt), [], NewTokens)
        {
            Question = prompt,
            Groups = new Dictionary<string, string>
            {
                ["type"] = record.Text("type"),
                ["required words"] = s_ranges.First(r => required < r.Below).Name,
            },
            Temperature = 0.5f,
            Details = new Dictionary<string, IReadOnlyList<string>> { [Required] = [required.ToString(CultureInfo.InvariantCulture)] },
        };
    }
}

/// <summary>Represents the length score.</summary>
sealed class LongBenchWriteLength : IGeneratedTask
{
    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "longbench-write", 1, "Long texts of a required length", LongBenchWriteData.Source, "length score S_L", 0)
    {
        Benchmark = LongBenchWriteData.Benchmark,
        Data = LongBenchWriteData.Files,
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => LongBenchWriteData.Examples(setting);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(
        LongBenchWriteData.Length(example, completion), new Dictionary<string, double> { ["words"] = LengthScore.Words(completion) });
}

/// <summary>Represents the quality score by a judge.</summary>
sealed class LongBenchWriteQuality : IJudgedTask
{
    const int MaxRating = 5;

    static readonly string[] s_dimensions = ["relevance", "accuracy", "coherence", "clarity", "breadth and depth", "reading experience"];

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "longbench-write-quality", 1, "Quality of long texts, in six dimensions", LongBenchWriteData.Source, "quality score S_Q", null)
    {
        Benchmark = LongBenchWriteData.Benchmark,
        Data = LongBenchWriteData.Files,
        Metrics = [new("length score"), new("overall")],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => LongBenchWriteData.Examples(setting);

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
    [
        new(
            "user",
            $"Rate the response to a writing instruction in six dimensions, each from 1 (poor) to {MaxRating} (excellent). Ignore its "
                + $"length.\n\nInstruction:\n{example.Question}\n\nResponse:\n{completions[^1]}\n\nAnswer with six lines and nothing else, "
                + $"each a dimension, a colon and its rating: {string.Join(", ", s_dimensions)}."),
    ];

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict)
    {
        double?[] ratings = [.. s_dimensions.Select(d => Rating(verdict, d))];
        if (ratings.Any(r => r is null))
        {
            return null;
        }
        // As officially: the mean of the ratings, where 1 is 0 and 5 is 1.
        double quality = (ratings.Average()!.Value - 1) / (MaxRating - 1), length = LongBenchWriteData.Length(example, completions[^1]);
        return new(quality, new Dictionary<string, double> { ["length score"] = length, ["overall"] = (quality + length) / 2 });
    }

    /// <summary>Reads the rating of a dimension from its line; null for none.</summary>
    static double? Rating(string verdict, string dimension)
    {
        string? line = verdict.Split('\n').FirstOrDefault(l => l.Contains(dimension, StringComparison.OrdinalIgnoreCase));
        string digits = line is null ? "" : new([.. line[(line.IndexOf(dimension, StringComparison.OrdinalIgnoreCase) + dimension.Length)..]
            .SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double rating)
            && rating is >= 1 and <= MaxRating
                ? rating
                : null;
    }
}
