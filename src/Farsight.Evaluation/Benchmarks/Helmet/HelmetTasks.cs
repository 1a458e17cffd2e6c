using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Helmet;

/// <summary>Represents HELMET: retrieval-augmented questions, re-ranking, many labels, citations, long questions and summaries.</summary>
/// <remarks>
/// Version 2: test items and demonstrations are drawn as in the official program, in place of the first ones of the files; documents are
/// cut at their end, inside the prompt; ∞Bench's questions and summaries have demonstrations. Prompts follow princeton-nlp/HELMET @4526dfb,
/// data.py; recall, RAG, re-ranking and labels are asked without the chat template, as there, and their answers are scored behind the
/// answer prefix. Differences: where the program draws without a seed (demonstrations of narrativeqa and multi_lexsum), the item is the
/// seed; documents are cut by the model's tokenizer instead of Llama-2's. RULER's part of the category recall is the benchmark "ruler".
/// Reasoning is removed before scoring. Source: arXiv:2410.02694.
/// </remarks>
sealed class HelmetTasks : IEvalTaskFamily
{
    // The category recall has three tasks of RULER.
    static readonly (string Category, string[] Tasks)[] s_categories =
    [
        ("recall", ["helmet_json_kv", "niah_multikey_2", "niah_multikey_3", "niah_multivalue"]),
        ("RAG", ["helmet_rag_nq", "helmet_rag_triviaqa", "helmet_rag_hotpotqa", "helmet_rag_popqa"]),
        ("re-ranking", ["helmet_msmarco_rerank_psg"]),
        ("labels", ["helmet_icl_trec_coarse", "helmet_icl_trec_fine", "helmet_icl_banking77", "helmet_icl_clinic150", "helmet_icl_nlu"]),
        ("citations", ["helmet_alce_asqa", "helmet_alce_qampari"]),
        ("long questions", ["helmet_narrativeqa", "helmet_infbench_qa", "helmet_infbench_choice"]),
        ("summaries", ["helmet_infbench_sum", "helmet_multi_lexsum"]),
    ];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
    [
        new HelmetJsonKv(),
        .. ((string[])["nq", "triviaqa", "hotpotqa", "popqa"]).Select(s => new HelmetRag(s)),
        new HelmetRerank(),
        new HelmetLabels("trec_coarse", 6, 200, 400, 800, 1600, 3300, 6600),
        new HelmetLabels("trec_fine", 50, 200, 400, 800, 1600, 3200, 6400),
        new HelmetLabels("banking77", 77, 180, 360, 720, 1450, 2900, 5900),
        new HelmetLabels("clinic150", 151, 220, 440, 880, 1750, 3525, 7050),
        new HelmetLabels("nlu", 68, 250, 510, 1020, 2040, 4080, 8296),
        new HelmetLongQuestions(isChoice: false), new HelmetLongQuestions(isChoice: true), new HelmetNarrativeQa(),
        new HelmetSummary("infbench_sum"), new HelmetSummary("multi_lexsum"),
        new HelmetCitations(isList: false), new HelmetCitations(isList: true),
    ];

    /// <inheritdoc/>
    /// <remarks>The mean of a category needs all of its tasks, the overall mean all categories, which count alike.</remarks>
    public IEnumerable<BenchmarkMean> Means(IReadOnlyList<TaskResult> results)
    {
        BenchmarkMean[] categories =
        [
            .. from category in s_categories
               let run = category.Tasks.Select(t => results.FirstOrDefault(r => r.Task == t)?.All.Mean).OfType<double>().ToArray()
               where run.Length == category.Tasks.Length
               select new BenchmarkMean($"helmet {category.Category}", category.Tasks, run.Average()),
        ];
        return
        [
            .. categories.Where(c => c.Tasks.Count > 1),
            .. categories.Length < s_categories.Length ? [] : new BenchmarkMean[]
            {
                new("helmet", [.. categories.SelectMany(c => c.Tasks)], categories.Average(c => c.Mean)),
            },
        ];
    }

    /// <summary>Represents the number of demonstrations.</summary>
    internal const int Shots = 2;

    /// <summary>Returns a card.</summary>
    internal static EvalTaskCard Card(string name, string title, string metric, double? chance, params EvalDataFile[] data) => new(
        $"helmet_{name}", 2, $"HELMET: {title}", "arXiv:2410.02694; princeton-nlp/HELMET @4526dfb", metric, chance)
    {
        Benchmark = "helmet",
        Data = data,
    };

    /// <summary>Describes a file of the benchmark's data.</summary>
    internal static EvalDataFile File(string name, string what) => new($"helmet/{name}", $"Hugging Face princeton-nlp/HELMET: {what}");

    /// <summary>Creates a prompt that is continued without a chat template, from the user's part and the prefix of the answer.</summary>
    internal static EvalPrompt Continued(string user, string prefix) => EvalPrompt.Of($"{user}\n{prefix}") with { UseChatTemplate = false };

    /// <summary>Returns the metrics of a continued answer beside the score.</summary>
    internal static Dictionary<string, double> Beside(HelmetMetrics metrics) => new()
    {
        ["exact match"] = metrics.IsExact ? 1 : 0,
        ["F1"] = metrics.F1,
        ["substring"] = metrics.Contains ? 1 : 0,
        ["ROUGE-L"] = metrics.RougeL,
    };
}

/// <summary>Represents json_kv: the value of a key in a long JSON object.</summary>
sealed class HelmetJsonKv : IGeneratedTask
{
    const string Prefix = "Corresponding value:";
    const int NewTokens = 100;

    // Not found by the catalog, because a task of a family is made by it.
    internal HelmetJsonKv()
    {
    }

    static EvalDataFile Data { get; } = HelmetTasks.File("json_kv.jsonl", "json_kv/test_k1800_dep6.jsonl, or another size");

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = HelmetTasks.Card("json_kv", "value of a key", "the value occurs", 0, Data);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => HelmetSampling.Drawn<(int Index, DataRecord Record)>(
        [.. DataRecord.Of(setting.Data, Data.Path).Index()]).Select(item =>
    {
        DataRecord r = item.Record;
        IEnumerable<string> demonstrations = r.Records("demos").Take(HelmetTasks.Shots)
            .Select(d => d.Texts() is [var key, var value] ? $"Key: {key}\n{Prefix} {value}\n\n" : throw d.Lacks("a key and a value"));
        return new EvalExample(
            item.Index.ToString(CultureInfo.InvariantCulture),
            HelmetTasks.Continued(
                $"{r.Text("context")}\n\nExtract the value corresponding to the specified key in the JSON object below.\n\n"
                    + $"{string.Concat(demonstrations)}Key: {r.Text("question")}",
                Prefix),
            r.SomeTexts("answer"),
            NewTokens)
        {
            Question = r.Text("question"),
        };
    });

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        HelmetMetrics metrics = HelmetScore.Best(Prefix + completion, example.References, Prefix);
        return new(metrics.Contains ? 1 : 0, HelmetTasks.Beside(metrics));
    }
}

/// <summary>Represents questions with retrieved passages.</summary>
sealed class HelmetRag(string set) : IGeneratedTask
{
    const int NewTokens = 20;

    EvalDataFile Data { get; } = HelmetTasks.File($"{set}.jsonl", $"the file of {set} with its passages");

    EvalDataFile Demonstrations { get; } = HelmetTasks.File($"{set}_demos.jsonl", $"the demonstrations of {set}");

    /// <inheritdoc/>
    public EvalTaskCard Card =>
        HelmetTasks.Card($"rag_{set}", $"questions with passages ({set})", "an answer occurs", 0, Data, Demonstrations);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        DataRecord[] all = [.. DataRecord.Of(setting.Data, Data.Path).Where(IsRare)],
            demonstrations = [.. DataRecord.Of(setting.Data, Demonstrations.Path).Where(IsRare)];
        string key = all.Any(r => r.Has("id")) ? "id" : "question";
        return HelmetSampling.OfDrawnKeys(all, key).Select(item =>
        {
            (DataRecord r, int i) = item;
            string question = r.Text("question"), own = r.Text(key);
            // Only popqa's demonstrations come from the file of the questions.
            IReadOnlyList<DataRecord> others = set == "popqa" ? [.. demonstrations.Where(d => d.Text(key) != own)] : demonstrations;
            IEnumerable<string> shown = HelmetSampling.Shown(others, key, own)
                .Select(d => $"{Passages(d)}\n\nQuestion: {d.Text("question")}\nAnswer: {d.SomeTexts("answers")[0]}\n\n");
            return new EvalExample(
                i.ToString(CultureInfo.InvariantCulture),
                HelmetTasks.Continued(
                    "Use the given documents to write a concise and short answer to the question. Write your answer in the following "
                        + "format:\n"
                        + $"Answer: [answer]\n\n{string.Concat(shown)}{Passages(r)}\n\nQuestion: {question}",
                    HelmetScore.AnswerPrefix),
                r.SomeTexts("answers"),
                NewTokens)
            {
                Question = question,
                Stop = ["\n"],
                Group = EvalExample.GroupOf(question),
            };
        });
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        HelmetMetrics metrics = HelmetScore.Best(HelmetScore.AnswerPrefix + completion, example.References);
        return new(metrics.Contains ? 1 : 0, HelmetTasks.Beside(metrics));
    }

    // popqa_3: subjects with fewer than a thousand monthly views.
    bool IsRare(DataRecord record) => set != "popqa" || Math.Log10(record.Real("s_pop")) < 3;

    static string Passages(DataRecord record) =>
        string.Join("\n\n", record.Records("ctxs").Select(c => $"Document (Title: {c.Text("title")}): {c.Text("text")}"));
}

/// <summary>Represents msmarco_rerank_psg: passages ranked by relevance.</summary>
sealed class HelmetRerank : IGeneratedTask
{
    const string Prefix = "Ranking:", Ids = "ids", Labels = "labels";
    const int NewTokens = 200;

    static readonly int[] s_cuts = [1, 5, 10, 20, 50, 100, 200, 500, 1000];

    // Not found by the catalog, because a task of a family is made by it.
    internal HelmetRerank()
    {
    }

    static EvalDataFile Data { get; } = HelmetTasks.File("msmarco_rerank_psg.jsonl", "the file of msmarco_rerank_psg");

    static EvalDataFile Demonstrations { get; } =
        HelmetTasks.File("msmarco_rerank_psg_demos.jsonl", "the demonstrations of msmarco_rerank_psg");

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        HelmetTasks.Card("msmarco_rerank_psg", "passages by relevance", "NDCG@10", null, Data, Demonstrations) with
        {
            Metrics =
            [new("MRR")]
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        DataRecord[] all = [.. DataRecord.Of(setting.Data, Demonstrations.Path)];
        IReadOnlyList<(DataRecord Record, int Index)> asked =
            HelmetSampling.OfDrawnKeys([.. DataRecord.Of(setting.Data, Data.Path)], "qid");
        HashSet<string> ids = [.. asked.Select(a => a.Record.Text("qid"))];
        // With enough demonstrations, no question of the test is shown; else only the question itself is not.
        bool isFiltered = all.Length > 2 * asked.Count;
        DataRecord[] demonstrations = isFiltered ? [.. all.Where(d => !ids.Contains(d.Text("qid")))] : all;
        return asked.Select(item =>
        {
            (DataRecord r, int i) = item;
            string qid = r.Text("qid");
            IReadOnlyList<DataRecord> others = isFiltered ? demonstrations : [.. demonstrations.Where(d => d.Text("qid") != qid)];
            IEnumerable<string> shown = HelmetSampling.Shown(others, "qid", qid)
                .Select(d => $"{Passages(d)}\n\nQuery: {d.Text("query")}\nRanking: {Order(d)}\n\n");
            IReadOnlyList<DataRecord> passages = r.Records("ctxs");
            return new EvalExample(
                i.ToString(CultureInfo.InvariantCulture),
                HelmetTasks.Continued(
                    "You are provided with a list of documents, each indicated by their ID. Rank each document based on their relevance "
                        + "to the question in descending order from most relelvant to least relevant texts. Include all documents in the "
                        + "rankings. Write your answer using the unique IDs, with the following format:\nRanking: ID3 > ID1 > "
                        + $"ID2\n\n{string.Concat(shown)}{Passages(r)}\n\nQuery: {r.Text("query")}",
                    Prefix),
                [Order(r)],
                NewTokens)
            {
                Question = r.Text("query"),
                Stop = ["\n"],
                Group = qid,
                Details = new Dictionary<string, IReadOnlyList<string>>
                {
                    [Ids] = [.. passages.Select(c => c.Text("id"))],
                    [Labels] = [.. passages.Select(c => c.Number("label").ToString(CultureInfo.InvariantCulture))],
                },
            };
        });
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        Dictionary<string, int> judgments = [];
        foreach ((string id, string label) in example.Details[Ids].Zip(example.Details[Labels]))
        {
            judgments[id] = int.Parse(label, CultureInfo.InvariantCulture);
        }
        // NDCG@10 is the benchmark's number, also where there are fewer passages.
        Dictionary<string, double> metrics =
            HelmetScore.Rerank(Prefix + completion, judgments, [.. s_cuts.Where(c => c <= Math.Max(10, judgments.Count))]);
        return new(metrics["NDCG@10"], metrics);
    }

    static string Passages(DataRecord record) => string.Join("\n\n", record.Records("ctxs").Select(c =>
        $"[ID: {c.Text("id")}] Document{(c.Has("title") ? $" (Title: {c.Text("title")})" : "")}: {c.Text("text")}"));

    static string Order(DataRecord record) =>
        string.Join(" > ", record.Records("ctxs").OrderByDescending(c => c.Number("label")).Select(c => c.Text("id")));
}
