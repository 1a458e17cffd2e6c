using System.Globalization;
using System.Text.Json;
using Farsight.Evaluation.Benchmarks.LEval;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.LEval;

/// <summary>
/// Computes the exam scores of L-Eval from the predictions of its repository (OpenLMLab/LEval @cd34b05, Predictions/exam_eval), which
/// FARSIGHT_LEVAL names.
/// </summary>
[Trait("Category", "Golden")]
public sealed class LEvalPublishedTests(ITestOutputHelper output)
{
    const string Folder = "FARSIGHT_LEVAL";

    static readonly string[] s_tasks = ["tpo", "quality", "coursera", "gsm100", "codeU"];

    // In percent, in the order of the tasks, as the official program (Evaluation/auto_eval.py) computes them. The README states the values
    // of GPT-4, cut after two digits: 84.38, 82.17, 75.58, 96.00, 25.55.
    static readonly (string Model, double[] Values)[] s_official =
    [
        ("gpt4-32k", [84.3866, 82.1782, 75.5814, 96, 25.5556]),
        ("turbo-16k-0613", [78.4387, 61.3861, 63.5174, 84, 12.2222]),
        ("Claude-100k", [84.0149, 73.7624, 60.0291, 88, 17.7778]),
    ];

    [PublishedFact(Folder, "the folder Predictions/exam_eval of OpenLMLab/LEval @cd34b05")]
    public void The_exam_scores_of_the_published_predictions_are_those_of_the_official_program()
    {
        List<string> different = [];
        foreach ((string model, double[] values) in s_official)
        {
            foreach ((string task, double official) in s_tasks.Zip(values))
            {
                double computed = 100 * Mean(model, task);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model} {task} {computed:F4} ({official:F4})"));
                if (Math.Abs(computed - official) > 0.00005001) // four digits
                {
                    different.Add($"{model} {task}");
                }
            }
        }

        Assert.Empty(different);
    }

    static double Mean(string model, string task)
    {
        JsonElement[] rows =
        [
            .. File.ReadLines(Path.Combine(PublishedFactAttribute.FolderOf(Folder)!, model, $"{task}.pred.jsonl"))
                .Where(l => l.Length > 0).Select(l => JsonElement.Parse(l)),
        ];
        string key = rows[0].EnumerateObject().First(p => p.Name.Contains("_pred", StringComparison.Ordinal)).Name;
        return rows.Average(r => LEvalExam.Score(task, r.GetProperty(key).GetString()!, r.GetProperty("gt").GetString()!));
    }
}
