using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.LCiteEval;

/// <summary>Represents L-CiteEval: answers with citations over numbered passages, after one demonstration.</summary>
/// <remarks>
/// Version 1. Answers are scored as the official program does; of citations, those of niah and counting_stars, which are exact. Those of
/// the other tasks are judged sentence by sentence: <see cref="LCiteEvalCitations"/>. The official server
/// stops some models at a line feed; here answers go on, and the metrics take the first line where the official ones do.
/// </remarks>
sealed class LCiteEvalTasks : IEvalTaskFamily
{
    static readonly string[] s_questions = ["narrativeqa", "natural_questions", "hotpotqa", "2wikimultihopqa", "locomo", "dialsim"];
    static readonly string[] s_summaries = ["qmsum", "gov_report", "multi_news"];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [
            // narrativeqa has 800 tokens, because the official list misspells it
            .. s_questions.Select(t => new LCiteEvalTask(t, "F1 of the answer's tokens", t == "narrativeqa" ? 800 : 200, Answer)),
            .. s_summaries.Select(t => new LCiteEvalTask(
                t,
                "F of ROUGE-L",
                800,
                (e, said) => new(Best(e, r => LCiteEvalScore.Summary(said, r))))),
            new LCiteEvalTask("niah", "recall of ROUGE-1", 128, Needle),
            new LCiteEvalTask("counting_stars", "counts right", 128, Stars),
        ];

    static EvalScore Answer(EvalExample example, string said)
    {
        PrecisionRecall score = LCiteEvalScore.Answer(said, example.References);
        return new(score.F1, new Dictionary<string, double> { ["precision"] = score.Precision, ["recall"] = score.Recall });
    }

    static EvalScore Needle(EvalExample example, string said)
    {
        (PrecisionRecall score, int citations) = LCiteEvalScore.NeedleCitation(
            said,
            example.Details[LCiteEvalTask.Passages],
            example.References[0]);
        return new(Best(example, r => LCiteEvalScore.Needle(said, r)), Cited(score, citations));
    }

    static EvalScore Stars(EvalExample example, string said)
    {
        (double accuracy, PrecisionRecall citation) = LCiteEvalScore.CountingStars(said, example.Details[LCiteEvalTask.Passages]);
        return new(accuracy, Cited(citation, null));
    }

    static double Best(EvalExample example, Func<string, double> score) => example.References.Max(score);

    static Dictionary<string, double> Cited(PrecisionRecall score, int? citations)
    {
        Dictionary<string, double> beside = new()
        {
            ["citation precision"] = score.Precision,
            ["citation recall"] = score.Recall,
            ["citation F1"] = score.F1,
        };
        if (citations is { } count)
        {
            beside["citations"] = count;
        }
        return beside;
    }
}

/// <summary>Represents one of L-CiteEval's tasks.</summary>
/// <param name="task">The official name.</param>
/// <param name="metric">Name of the score.</param>
/// <param name="newTokens">Room for the answer.</param>
/// <param name="score">Scores an answer.</param>
sealed class LCiteEvalTask(string task, string metric, int newTokens, Func<EvalExample, string, EvalScore> score) : IGeneratedTask
{
    /// <summary>Names the detail that holds the passages' texts.</summary>
    internal const string Passages = "passages";

    const string Repository = "ZetangForward/L-CITEEVAL @6e49326";
    const int MostPassages = 1500;

    static readonly int[] s_bounds = [8000, 16000, 24000, 32000, 40000, 48000];

    /// <summary>Gets the official name.</summary>
    internal string Set => task;

    string File => $"lciteeval/{task}.json";

    string Prompt => $"lciteeval/prompt/{(task == "2wikimultihopqa" ? "2WikiMultihopQA" : task)}_default.json";

    /// <inheritdoc/>
    public EvalTaskCard Card => new("l-citeeval_" + task, 1, $"L-CiteEval: {task}", $"arXiv:2410.02115; {Repository}", metric, 0)
    {
        Benchmark = "l-citeeval",
        Data = [new(File, "Hugging Face Jonaszky123/L-CiteEval: L-CiteEval-Data"), new(Prompt, $"{Repository}: prompt")],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        DataRecord prompt = DataRecord.OfFile(setting.Data, Prompt);
        DataRecord demo = prompt.Records("demos") is [var first, ..] ? first : throw prompt.Lacks("a demonstration in 'demos'");
        string demonstration =
            Filled(prompt, demo, prompt.Has("demo_role") ? prompt.Text("demo_role") : "", isDemonstration: true)
            + prompt.Text("demo_sep");
        foreach ((int i, DataRecord record) in DataRecord.Of(setting.Data, File).Index())
        {
            string text = demonstration + Filled(prompt, record, record.Has("role") ? record.Text("role") : "", isDemonstration: false);
            yield return new(
                string.Create(CultureInfo.InvariantCulture, $"{i + 1}"),
                EvalPrompt.Of(text),
                Answers(record),
                newTokens)
            {
                Question = Question(record),
                Group = EvalExample.GroupOf(string.Concat(record.Records("docs").Select(d => d.Raw))),
                Groups = new Dictionary<string, string> { ["up to"] = Bound(record) },
                Details = new Dictionary<string, IReadOnlyList<string>>
                {
                    [Passages] = [.. record.Records("docs").Select(d => d.Raw)],
                },
            };
        }
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => score(example, completion);

    /// <summary>Returns the right answers, of which there is at least one; a passage must hold that of niah.</summary>
    IReadOnlyList<string> Answers(DataRecord record)
    {
        IReadOnlyList<string> answers = record.Texts("answer") is { Count: > 0 } some ? some : throw record.Lacks("an answer in 'answer'");
        return task != "niah" || record.Records("docs").Any(d => d.Raw.Contains(answers[0], StringComparison.Ordinal))
            ? answers
            : throw record.Lacks("a passage with its answer in 'docs'");
    }

    static string Filled(DataRecord prompt, DataRecord item, string role, bool isDemonstration)
    {
        string instruction = prompt.Text("instruction").Replace("<<<chatbox>>>", role, StringComparison.Ordinal),
            form = prompt.Text("demo_prompt");
        IEnumerable<string> passages =
            item.Records("docs").Take(MostPassages).Select((d, i) => Passage(prompt.Text("doc_prompt"), d, i + 1));
        string text = form.Replace("{INST}", instruction, StringComparison.Ordinal).Replace("{Q}", Question(item), StringComparison.Ordinal)
            .Replace("{D}", string.Concat(passages), StringComparison.Ordinal).Replace("{A}", "", StringComparison.Ordinal);
        return PythonCompat.PythonStrings.StripEnd(text) + (isDemonstration ? item.Text("answer") : "");
    }

    static string Passage(string form, DataRecord document, int number)
    {
        string text = document.IsText ? document.Text() : TextOf(document);
        return form.Replace("{P}", text, StringComparison.Ordinal)
            .Replace("{ID}", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    // A title that the text repeats in its first line is left out.
    static string TextOf(DataRecord document)
    {
        string text = document.Text("text").Trim('\n');
        string title = document.Has("title") ? document.Text("title") + "\n" : "\n";
        return title.Length > 1 && text.StartsWith(title, StringComparison.Ordinal) ? text[title.Length..] : text;
    }

    static string Question(DataRecord item) => item.Has("question") ? item.Text("question") : "";

    // The longest of multi_news counts with those up to 40,000 tokens.
    string Bound(DataRecord record)
    {
        int? length = record.Has("length") ? record.Number("length") : null;
        int? bound = task == "multi_news" && length > 40000 ? 40000 : s_bounds.Cast<int?>().FirstOrDefault(b => length < b);
        return bound?.ToString(CultureInfo.InvariantCulture) ?? "unknown";
    }
}
