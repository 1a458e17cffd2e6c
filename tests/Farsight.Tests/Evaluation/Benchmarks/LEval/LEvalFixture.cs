namespace Farsight.Tests.Evaluation.Benchmarks.LEval;

sealed class LEvalFixture : BenchmarkFixture
{
    static readonly (string Task, string Answer, string Right, string Wrong)[] s_closed =
    [
        ("coursera", "AB", "AB", "C"),
        ("quality", "B", "(B) it is", "C"),
        ("tpo", "B", "B", "C"),
        ("gsm100", "So 18.\nThe answer is 18", "The answer is 18.", "The answer is 7."),
        ("codeU", "[1, 2]", "the final output is [1, 2]", "[3, 4]"),
        ("topic_retrieval_longchat", "old maps", "We spoke of old maps.", "new songs"),
    ];

    static readonly string[] s_open =
    [
        "financial_qa", "legal_contract_qa", "multidoc_qa", "narrative_qa", "natural_question", "scientific_qa", "gov_report_summ",
        "meeting_summ", "news_summ", "paper_assistant", "patent_summ", "review_summ", "tv_show_summ",
    ];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        .. s_closed.Select(t => new FixtureCase("leval_" + t.Task.ToLowerInvariant(), "a b c", t.Right, t.Wrong)),
        new(
            "leval_sci_fi", "a b c\n\nQuestion: Which?", FixtureAnswer.Completions("True.", "False."),
            FixtureAnswer.Completions("True.", "True.")) { Worse = 0.5 },
        .. s_open.Select(t => new FixtureCase($"leval_{t}", "a b c\n\nWhich?\nAnswer in about 3 words.", "one red dog", "cats")),
    ];

    internal override void Write(TaskData data)
    {
        foreach ((string task, string answer, _, _) in s_closed)
        {
            data.With($"leval/Closed-ended-tasks/{task}.jsonl", [Record("exam", answer)]);
        }
        data.With("leval/Closed-ended-tasks/sci_fi.jsonl", [Record("exam", "True [fact: False]")]);
        foreach (string task in s_open)
        {
            data.With($"leval/Open-ended-tasks/{task}.jsonl", [Record("f1", "one red dog")]);
        }
    }

    static object Record(string evaluation, string answer) =>
        new { instructions = new[] { "Which?" }, outputs = new[] { answer }, input = "a b c", evaluation };
}
