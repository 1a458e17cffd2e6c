using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>The ancestral trace challenge in English and Chinese, a task for each number of relations, 2 to 512.</summary>
/// <remarks>
/// Version 1. With the original's list of names, needlebench/names.json, the prompts are the original's; without it the people of the
/// English ones are of our own invention.
/// The answer is what stands in the last \boxed{}.
/// </remarks>
public sealed class AncestralTraceTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        Enumerable
            .Range(1, 9)
            .SelectMany(p => new[] { new AncestralTraceTask(1 << p, isChinese: false), new AncestralTraceTask(1 << p, isChinese: true) });
}

/// <summary>The challenge with one number of relations.</summary>
sealed class AncestralTraceTask(int relations, bool isChinese) : IGeneratedTask
{
    const string Templates = "needlebench/atc_v2_prompts.json", Names = "needlebench/names.json";
    const int Repeats = 10, NewTokens = 2048;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            string.Create(CultureInfo.InvariantCulture, $"atc_{(isChinese ? "zh_" : "")}{relations}"),
            1,
            string.Create(CultureInfo.InvariantCulture, $"Ancestral trace, {relations} relations{(isChinese ? ", Chinese" : "")}"),
            "arXiv:2407.11963; open-compass/opencompass @a5acc4b (needlebench_v2/atc.py)",
            "boxed answer exact",
            0)
        {
            Benchmark = "needlebench-atc",
            Data =
            [
                new(Templates, "open-compass/opencompass @a5acc4b: opencompass/datasets/needlebench_v2/atc.py, its templates as JSON"),
                new(Names, "opencompass/needlebench on Hugging Face: names.json; without it names are invented, English ones")
                {
                    IsOptional = !isChinese,
                },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        IReadOnlyList<string> names = isChinese || setting.Data.Exists(Names)
            ? setting.Data.ReadJson(Names).GetProperty(isChinese ? "Chinese" : "English").GetString()!.Split(',')
            : InventedNames.All;
        AncestralTrace trace = new(setting.Data.ReadJson(Templates), isChinese, names);
        return from question in Enum.GetValues<TraceQuestion>()
               from repeat in Enumerable.Range(0, setting.SamplesOr(Repeats))
               select Example(trace, question, repeat);
    }

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => setting.SamplesOr(Repeats) * Enum.GetValues<TraceQuestion>().Length;

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(NeedleBenchScore.Trace(completion, example.References[0]) / 100);

    EvalExample Example(AncestralTrace trace, TraceQuestion question, int repeat)
    {
        (string prompt, string answer) = trace.Make(question, relations, repeat);
        return new(string.Create(CultureInfo.InvariantCulture, $"{question}-{repeat}"), EvalPrompt.Of(prompt), [answer], NewTokens)
        {
            Question = prompt.TrimEnd()[(prompt.TrimEnd().LastIndexOf('\n') + 1)..],
            Groups = new Dictionary<string, string> { ["question"] = question.ToString() },
        };
    }
}
