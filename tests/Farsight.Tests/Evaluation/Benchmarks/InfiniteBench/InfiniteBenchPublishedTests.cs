using System.Globalization;
using System.Text;
using System.Text.Json;
using Farsight.Evaluation.Benchmarks.InfiniteBench;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.InfiniteBench;

/// <summary>
/// Computes the table of InfiniteBench's README from the predictions of its repository (OpenBMB/InfiniteBench @88b3daa, results/), which
/// FARSIGHT_INFINITEBENCH names.
/// </summary>
[Trait("Category", "Golden")]
public sealed class InfiniteBenchPublishedTests(ITestOutputHelper output)
{
    const string Folder = "FARSIGHT_INFINITEBENCH";

    // The README's values in percent; "<" stands for "< 5 %".
    static readonly string[] s_models = ["gpt4", "yarn-mistral", "kimi", "claude2", "yi-6b-200k", "yi-34b-200k", "chatglm3"];

    static readonly (string Task, string[] Values)[] s_published =
    [
        ("passkey", ["100", "92.71", "98.14", "97.80", "100.00", "100.00", "92.20"]),
        ("number_string", ["100", "56.61", "95.42", "98.14", "94.92", "100.00", "80.68"]),
        ("kv_retrieval", ["89.00", "<", "53.60", "65.40", "<", "<", "<"]),
        ("longbook_sum_eng", ["14.73", "9.09", "17.96", "14.50", "<", "<", "<"]),
        ("longbook_qa_eng", ["22.44", "9.55", "16.52", "11.97", "9.20", "12.17", "<"]),
        ("longbook_choice_eng", ["67.25", "27.95", "72.49", "62.88", "36.68", "38.43", "10.48"]),
        ("longdialogue_qa_eng", ["8.50", "7.50", "11.50", "46.50", "<", "<", "<"]),
        ("longbook_qa_chn", ["25.96", "16.98", "17.93", "9.64", "15.07", "13.61", "<"]),
        ("code_debug", ["37.06", "<", "17.77", "<", "9.14", "13.96", "7.36"]),
        ("code_run", ["23.25", "<", "<", "<", "<", "<", "<"]),
        ("math_calc", ["<", "<", "<", "<", "<", "<", "<"]),
        ("math_find", ["60.00", "17.14", "12.57", "32.29", "<", "25.71", "7.71"]),
    ];

    [PublishedFact(Folder, "the folder results of OpenBMB/InfiniteBench @88b3daa")]
    public void The_published_table_is_that_of_the_published_predictions()
    {
        List<string> different = [], unreadable = [];
        int compared = 0;
        foreach ((string task, string[] values) in s_published)
        {
            StringBuilder line = new($"{task}:");
            foreach ((string model, string published) in s_models.Zip(values))
            {
                double? mean = MeanOf(model, task);
                string computed = mean is { } m ? (100 * m).ToString("F2", CultureInfo.InvariantCulture) : "–";
                line.Append(CultureInfo.InvariantCulture, $" {model} {computed} ({published})");
                compared += mean is null ? 0 : 1;
                (mean is null ? unreadable : different).AddRange(IsAs(published, mean) ? [] : [$"{model} {task}: {computed}"]);
            }
            output.WriteLine(line.ToString());
        }

        Assert.Equal(s_models.Length * s_published.Length - unreadable.Count, compared);
        Assert.Equal(["yarn-mistral longbook_qa_chn: –", "yarn-mistral math_calc: –"], unreadable); // a broken line, a file without content
        Assert.Equal(["yarn-mistral longbook_sum_eng: 9.06", "yarn-mistral code_debug: 15.48"], different); // README: 9.09 and < 5
    }

    static bool IsAs(string published, double? mean) => mean is { } value
        && (published == "<"
            ? value < 0.05
            : Math.Abs(double.Parse(published, CultureInfo.InvariantCulture) - (100 * value)) < 0.00501);

    static double? MeanOf(string model, string task)
    {
        string file = Path.Combine(PublishedFactAttribute.FolderOf(Folder)!, model, $"preds_{task}.jsonl");
        try
        {
            return File.Exists(file) && File.ReadLines(file).Any(l => l.Length > 0)
                ? File.ReadLines(file).Where(l => l.Length > 0).Average(l => Score(model, task, JsonElement.Parse(l)))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static double Score(string model, string task, JsonElement row)
    {
        string said = (row.TryGetProperty("prediction", out JsonElement text) ? text : row.GetProperty("pred")).GetString()!;
        JsonElement label = row.TryGetProperty("ground_truth", out JsonElement truth) ? truth : row.GetProperty("label");
        label = label.ValueKind == JsonValueKind.Array && label[0].ValueKind == JsonValueKind.Array ? label[0] : label;
        string[] labels = label.ValueKind switch
        {
            JsonValueKind.Array => EvalGoldens.Strings(label),
            JsonValueKind.String => [label.GetString()!],
            _ => [label.GetRawText()],
        };
        return task == "math_calc"
            ? InfiniteBenchScore.MathCalc(said, labels, dropsFirst: model == "gpt4")
            : InfiniteBenchScore.Score(task, said, labels);
    }
}
