namespace Farsight.Tests.Evaluation.Benchmarks.LCiteEval;

sealed class LCiteEvalFixture : BenchmarkFixture
{
    const string Prompt = """
        {"instruction": "Cite.", "demo_prompt": "{INST}\n{D}Question: {Q}\nAnswer:{A}", "doc_prompt": "Passage [{ID}]: {P}\n",
         "demo_sep": "\n\n", "demos": [{"question": "Who sang?", "answer": "Bo [1].", "docs": ["Bo sang."]}]}
        """;

    const string Rendered =
        "Cite.\nPassage [1]: Bo sang.\nQuestion: Who sang?\nAnswer:Bo [1].\n\n"
        + "Cite.\nPassage [1]: Bo sat.\nPassage [2]: Ann ran.\nQuestion: Who ran?\nAnswer:";

    static readonly string[] s_texts =
    [
        "narrativeqa", "natural_questions", "hotpotqa", "2wikimultihopqa", "locomo", "dialsim", "qmsum", "gov_report", "multi_news", "niah",
    ];

    static readonly string[] s_passages = ["Bo sat.", "Ann ran."];
    static readonly int[] s_counts = [5, 7];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        .. s_texts.Select(t => new FixtureCase($"l-citeeval_{t}", Rendered, "Ann [2]", "Cid [1]")),
        new(
            "l-citeeval_counting_stars", "Passage [2]: The little penguin counted 7 ★\n",
            """{"little_penguin": [5, 7], "passage_id": [1, 2]}""", """{"little_penguin": [5, 6], "passage_id": [1, 2]}""")
        {
            Worse = 0.5,
        },
        .. s_texts.Where(t => t != "niah").Select(t => new FixtureCase(
            $"l-citeeval_{t}_citations", Rendered, FixtureAnswer.Judged("Ann ran [2].", "Entailment."),
            FixtureAnswer.Judged("Ann ran [2].", "neutral"))),
    ];

    internal override void Write(TaskData data)
    {
        foreach (string task in s_texts)
        {
            data.With(
                $"lciteeval/{task}.json",
                [new { question = "Who ran?", answer = "Ann", docs = s_passages, length = 7000 }]);
            data.With($"lciteeval/prompt/{(task == "2wikimultihopqa" ? "2WikiMultihopQA" : task)}_default.json", Prompt);
        }
        string[] penguins = ["The little penguin counted 5 ★", "The little penguin counted 7 ★"];
        data.With("lciteeval/counting_stars.json", [new { question = "How many ★?", answer = s_counts, docs = penguins }])
            .With("lciteeval/prompt/counting_stars_default.json", Prompt);
    }
}
