using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>Represents the ancestral trace challenge in English and Chinese, one task per number of relations, 2 to 512.</summary>
/// <remarks>
/// Version 1. With the original's list of names, needlebench/names.json, the prompts are the original's; without it the people of the
/// English ones are of our own invention. The answer is what stands in the last \boxed{}.
/// </remarks>
sealed class AncestralTraceTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        Enumerable
            .Range(1, 9)
            .SelectMany(p => new[] { new AncestralTraceTask(1 << p, isChinese: false), new AncestralTraceTask(1 << p, isChinese: true) });
}

/// <summary>Represents the challenge with one number of relations.</summary>
sealed class AncestralTraceTask(int relations, bool isChinese) : IGeneratedTask
{
    internal const string Templates = "needlebench/atc_v2_prompts.json";

    const string Names = "needlebench/names.json";
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
                new(Names, "opencompass/needlebench on Hugging Face: names.json; without it, English names are generated")
                {
                    IsOptional = !isChinese,
                },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        IReadOnlyList<string> names = isChinese || setting.Data.Exists(Names)
            ? DataRecord.OfFile(setting.Data, Names).Text(isChinese ? "Chinese" : "English").Split(',')
            : InventedNames.All;
        AncestralTrace trace = new(DataRecord.OfFile(setting.Data, Templates), isChinese, names);
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

/// <summary>Provides invented people for chains of relatives when the user has no list of names.</summary>
static class InventedNames
{
    const string First =
        "Alda Berin Corla Davit Elsin Farro Gitte Hovan Ilmar Jorun Kessa Lorin Mavra Nilo Orsa Pellin Quira Rovan Selka Torben Ulla "
        + "Vesna Wendel Yorik Zelda";

    const string Last =
        "Abbing Borrow Calder Dunmore Elwick Farrant Grasmoor Hallin Ibsted Jessop Kettering Lomax Merrow Norby Oakhurst Penrith "
        + "Quarles Ridding Sallow Thorne Umber Varley Wexham Yarrow Zeller";

    /// <summary>Gets all 625 names.</summary>
    internal static IReadOnlyList<string> All { get; } =
        [.. from first in First.Split(' ') from last in Last.Split(' ') select $"{first} {last}"];
}
