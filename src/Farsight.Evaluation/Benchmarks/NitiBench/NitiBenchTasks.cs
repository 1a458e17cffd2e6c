using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.NitiBench;

/// <summary>Represents NitiBench's reader: questions on Thai law, with the relevant sections or all laws given.</summary>
/// <remarks>
/// Version 1. The retriever's half is not part: the context is the relevant sections of the data or, in the tasks with "_all_laws", the
/// text of all laws. The official long-context set is a sample of the split ccl; here it is the whole split. The official few-shot prompts
/// are in Thai; the prompts here are ours. The score is coverage (no 0, partial 0.5, full 1). Beside it: contradiction (lower is better),
/// and precision, recall and F1 of citations, under the official names (swapped in the program) and as they are meant, over the counts of
/// all items ("macro": the mean over items). Source: arXiv:2502.10868; vistec-AI/nitibench @f396576, script/metric_e2e.py.
/// </remarks>
sealed class NitiBenchTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        from hasAllLaws in (bool[])[false, true] from split in (string[])["ccl", "tax"] select new NitiBenchTask(split, hasAllLaws);
}

/// <summary>Represents one split, with the relevant sections or all laws as the context.</summary>
sealed class NitiBenchTask(string split, bool hasAllLaws) : IJudgedTask, IAggregatedTask
{
    const string AllLaws = "nitibench/lc_law.txt", Repository = "vistec-AI/nitibench @f396576";
    const string Laws = "laws", Sections = "sections";
    const string Contradiction = "contradiction", Common = "citations right", Generated = "citations", Reference = "citations asked";
    const string OfficialPrecision = "official citation precision", OfficialRecall = "official citation recall", F1 = "citation F1";
    const int NewTokens = 2048;

    string File => $"nitibench/{split}.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card => new(
        $"nitibench_{split}{(hasAllLaws ? "_all_laws" : "")}", 1,
        $"NitiBench: questions on Thai law ({split}{(hasAllLaws ? ", all laws given" : "")})", $"arXiv:2502.10868; {Repository}",
        "coverage by a judge", null)
    {
        Benchmark = "nitibench",
        Metrics =
            [new(Contradiction) { IsLowerBetter = true }, new(OfficialPrecision), new(OfficialRecall), new(F1)],
        Data =
        [
            new(File, $"Hugging Face VISAI-AI/nitibench: split {split} as JSONL"),
            .. hasAllLaws ? new[] { new EvalDataFile(AllLaws, $"{Repository}: dump/lc_law.txt") } : [],
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string? all = hasAllLaws ? setting.Data.ReadText(AllLaws) : null;
        return DataRecord.Of(setting.Data, File).Select((r, i) => Example(r, i, all));
    }

    static EvalExample Example(DataRecord r, int i, string? allLaws)
    {
        IReadOnlyList<DataRecord> laws = r.Records("relevant_laws");
        string context = allLaws ?? string.Join(
            "\n\n", laws.Select(l => $"[{l.Text("law_name")}, section {l.Text("section_num")}]\n{l.Text("section_content")}"));
        return new EvalExample(
            i.ToString(CultureInfo.InvariantCulture),
            EvalPrompt.Of(
                $"{context}\n\nAnswer the question from these sections of Thai law. Reply with one JSON object: {{\"analysis\": \"…\", "
                    + "\"answer\": \"…\", \"citations\": [{\"law\": \"name of the law\", \"section\": \"number\"}]}\n\nQuestion: "
                    + r.Text("question")),
            [r.Text(r.Has("reference_answer") ? "reference_answer" : "answer")],
            NewTokens)
        {
            Question = r.Text("question"),
            Details = new Dictionary<string, IReadOnlyList<string>>
            {
                [Laws] = [.. laws.Select(l => l.Text("law_name"))],
                [Sections] = [.. laws.Select(l => l.Text("section_num"))],
            },
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
    [
        new(
            "user",
            "Compare an answer to a legal question with the right answer. List the key points of both. Then write one JSON object: "
                + "{\"coverage\": \"no-coverage\", \"partial-coverage\" or \"full-coverage\", \"contradiction\": \"no-contradiction\" or "
                + $"\"contradiction\"}}\n\nQuestion:\n{example.Question}\n\nRight answer:\n{example.References[0]}\n\nAnswer:\n"
                + Answer(completions[^1])),
    ];

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict)
    {
        if (JsonReply.LastObject(verdict) is not { } labels || !labels.Has("coverage"))
        {
            return null;
        }
        double coverage = labels.Text("coverage") switch { "full-coverage" => 1, "partial-coverage" => 0.5, _ => 0 };
        double contradiction = labels.Has(Contradiction) && labels.Text(Contradiction) == Contradiction ? 1 : 0;
        HashSet<LawSection> right = Right(example), said = [.. Cited(completions[^1])];
        return Of(coverage, contradiction, said.Count(right.Contains), said.Count, right.Count);
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        double Sum(string count) => examples.Sum(e => e.Score.Beside.GetValueOrDefault(count));
        double Mean(string metric) => examples.Average(e => e.Score.Beside.GetValueOrDefault(metric));
        EvalScore micro = Of(
            examples.Average(e => e.Score.Value), Mean(Contradiction), (int)Sum(Common), (int)Sum(Generated), (int)Sum(Reference));
        return micro with
        {
            Beside = new Dictionary<string, double>(micro.Beside)
            {
                [$"macro {OfficialPrecision}"] = Mean(OfficialPrecision),
                [$"macro {OfficialRecall}"] = Mean(OfficialRecall),
                [$"macro {F1}"] = Mean(F1),
            },
        };
    }

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) => Of(0, 0, 0, 0, Right(example).Count);

    static HashSet<LawSection> Right(EvalExample example) =>
        [.. example.Details[Laws].Zip(example.Details[Sections], (l, s) => new LawSection(l, s))];

    // The scores of an item, or from the counts of all items the micro scores.
    static EvalScore Of(double coverage, double contradiction, int common, int generated, int reference)
    {
        PrecisionRecall official = LawCitations.Of(common, generated, reference), clean =
            LawCitations.Of(common, generated, reference, MetricMode.Clean);
        return new(coverage, new Dictionary<string, double>
        {
            [Contradiction] = contradiction,
            [OfficialPrecision] = official.Precision,
            [OfficialRecall] = official.Recall,
            ["citation precision"] = clean.Precision,
            ["citation recall"] = clean.Recall,
            [F1] = clean.F1,
            [Common] = common,
            [Generated] = generated,
            [Reference] = reference,
        });
    }

    static string Answer(string completion) =>
        JsonReply.LastObject(completion) is { } json && json.Has("answer") ? json.Inner("answer").Raw : completion;

    static IEnumerable<LawSection> Cited(string completion) =>
        JsonReply.LastObject(completion) is { } json && json.Has("citations") && json.Inner("citations") is { IsList: true } list
            ? list.Items().Where(c => c.Has("law") && c.Has("section"))
                .Select(c => LawCitations.Cut(c.Inner("law").Raw, c.Inner("section").Raw))
            : [];
}
