using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.BabiLong;

sealed class BabiLongFixture : BenchmarkFixture
{
    const string Story = "1 Ann went to the attic.\n2 Bob went to the cellar.\n3 Where is Ann? \tattic\t1\n4 Where is Bob? \tcellar\t2\n";

    internal override IEnumerable<FixtureCase> Cases => Enumerable.Range(1, 20).Select(i => new FixtureCase(
        $"babilong_qa{i}",
        "Ann went to the attic.",
        FixtureAnswer.Of(e => $"{e.Question.Split(' ')[2].TrimEnd('?')} is in the {e.References[0]}."),
        "The attic or the cellar."));

    internal override void Write(TaskData data)
    {
        data.With("pg19_like_books/one.txt", string.Join(' ', Enumerable.Range(0, 300).Select(i => $"The {i}th wave came in at night.")));
        string tasks = string.Join(", ", Enumerable.Range(1, 20).Select(i =>
            $$"""
            "qa{{i}}": {"instruction": "Say where.", "examples": "Cid sat. Where? Chair.", "post_prompt": "One word."}
            """));
        data.With("babilong/prompts.json", $$$"""
            {"default_template": "{instruction}\n{examples}\n{post_prompt}\n{context}\nQuestion: {question}", "tasks": { {{{tasks}}} }}
            """);
        foreach (IEvalTask task in EvalTaskCatalog.Find("babilong"))
        {
            data.With(task.Card.Data[1].Path, Story); // babilong/babi_en-10k_test/qa1_single-supporting-fact_test.txt
        }
    }
}
