namespace Farsight.Tests.Evaluation.Benchmarks.Helmet;

sealed class HelmetFixture : BenchmarkFixture
{
    static readonly string[] s_rag = ["nq", "triviaqa", "hotpotqa", "popqa"];
    static readonly string[] s_labels = ["trec_coarse", "trec_fine", "banking77", "clinic150", "nlu"];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("helmet_json_kv", "Key: k1\nCorresponding value: v1\n\nKey: k2\nCorresponding value:", " v2", " v1"),
        .. s_rag.Select(s =>
            new FixtureCase($"helmet_rag_{s}", "Document (Title: T): A dog ran.\n\nQuestion: Who ran?\nAnswer:", " a dog", " a cat")),
        new(
            "helmet_msmarco_rerank_psg", "[ID: 7] Document: A dog ran.\n\nQuery: Who ran?\nRanking:", " ID9 > ID7", " ID7 > ID9")
        {
            Worse = 1 / Math.Log2(3),
        },
        .. s_labels.Select(s => new FixtureCase($"helmet_icl_{s}", "So glad.\nlabel: ", FixtureAnswer.Reference, "none")),
        new("helmet_infbench_qa", "A book.\n\nQuestion: Who?", "Answer: the red dog", "a cat"),
        new("helmet_infbench_choice", "Options:\nA. the cat\nB. the dog", "B", "A"),
        new(
            "helmet_narrativeqa", "A story.\n\nQuestion: Who?", FixtureAnswer.Judged("A dog", """{"fluency": 1, "correctness": 3}"""),
            FixtureAnswer.Judged("A cat", """{"fluency": 1, "correctness": 0}""")),
        .. ((string[])["infbench_sum", "multi_lexsum"]).Select(s => new FixtureCase(
            $"helmet_{s}", "A long text.",
            FixtureAnswer.JudgedInSteps("A dog ran.", """{"fluency": 1}""", """{"recall": 2}""",
                """{"precision": 4, "sentence_count": 4}"""),
            FixtureAnswer.JudgedInSteps("A cat.", """{"fluency": 1}""", """{"recall": 0}""", """{"precision": 0, "sentence_count": 4}"""))),
        .. ((string[])["asqa", "qampari"]).Select(s => new FixtureCase(
            $"helmet_alce_{s}", "Cite.\n\nQuestion: Who ran?\n\n[1] T: A dog ran.", FixtureAnswer.Judged("A dog [1].", "entailment"),
            FixtureAnswer.Judged("A cat [1].", "neutral"))),
    ];

    internal override void Write(TaskData data)
    {
        object passage = new { title = "T", text = "A dog ran.", id = "7", label = 0 }, gold =
            new { text = "It was a dog.", id = "9", label = 2 };
        string[][] shown = [["k1", "v1"]];
        data.With("helmet/json_kv.jsonl", [new { context = "{}", demos = shown, question = "k2", answer = "v2", num_kvs = 2 }])
            .With("helmet/msmarco_rerank_psg.jsonl",
                [new { qid = "1", query = "Who ran?", ctxs = new[] { gold, new { text = "A dog ran.", id = "7", label = 0 } } }])
            .With("helmet/msmarco_rerank_psg_demos.jsonl", [new { qid = "2", query = "Who sat?", ctxs = new[] { gold } }])
            .With("helmet/narrativeqa.jsonl", [new { context = "A story.", question = "Who?", answer = new[] { "a dog" } }])
            .With("infinitebench/data/longbook_qa_eng.jsonl",
                [new { context = "A book.", input = "Who?", answer = new[] { "the red dog" } }])
            .With(
                "infinitebench/data/longbook_choice_eng.jsonl",
                [new { context = "A book.", input = "Who?", answer = new[] { "the dog" }, options =
                    new[] { "the cat", "the dog", "the fox", "the cow" } }]);
        foreach (string set in s_rag)
        {
            data.With($"helmet/{set}.jsonl",
                [new { question = "Who ran?", answers = new[] { "a dog" }, ctxs = new[] { passage }, s_pop = 10 }])
                .With($"helmet/{set}_demos.jsonl",
                    [new { question = "Who sat?", answers = new[] { "a cat" }, ctxs = new[] { passage }, s_pop = 10 }]);
        }
        foreach (string set in s_labels)
        {
            data.With($"helmet/icl_{set}_train.jsonl", [new { text = "So glad.", label = 1 }, new { text = "So sad.", label = 2 }])
                .With($"helmet/icl_{set}_test.jsonl", [new { text = "Hooray!", label = 1 }]);
        }
        foreach (string set in (string[])["infbench_sum", "multi_lexsum"])
        {
            data.With($"helmet/{set}.jsonl",
                [new { context = "A long text.", summary = "A dog ran.", keypoints = new[] { "a dog", "it ran" } }]);
        }
        foreach (string set in (string[])["asqa", "qampari"])
        {
            data.With($"helmet/alce_{set}.jsonl", [new
            {
                question = "Who ran?",
                docs = new[] { passage },
                answers = new[] { new[] { "a dog" } },
                qa_pairs = new[] { new { short_answers = new[] { "a dog" } } },
            }]).With($"helmet/alce_{set}_prompt.json", """
                {"instruction": "Cite.", "demo_prompt": "{instruction} {question} {context} {answer}",
                    "doc_prompt": "[{ID}] {title}: {text}",
                 "demos": [{"question": "Who sat?", "answer": "A cat [1].", "docs": [{"title": "C", "text": "A cat sat."}]}]}
                """);
        }
    }
}
