using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Evaluation.Benchmarks.HoloBench;

/// <summary>Tests what the judge is asked about rows.</summary>
public sealed class HoloBenchTests
{
    const string Rows = """[{"name": "A", "price": 3.5, "old": null, "good": true}, {"id": "w7", "name": "It's"}, "B"]""";

    [Theory]
    [InlineData(
        Rows,
        """
        [{'id': 1, 'name': 'A', 'price': 3.5, 'old': None, 'good': True}, {'id': 'w7', 'name': "It's"}, {'id': 3, 'value': 'B'}]|
        [{'id': 1, 'label': '...'}, {'id': 'w7', 'label': '...'}, {'id': 3, 'label': '...'}]
        """)]
    [InlineData("[]", "[]|[{'id': 0, 'label': '...'}]")]
    public void The_judge_reads_rows_and_labels_as_Python_writes_them(string gold, string expected)
    {
        using TaskData data = Data(gold);
        IJudgedTask task = (IJudgedTask)EvalTaskCatalog.Get("holobench_begin");
        EvalExample example = task.Examples(data.Setting).Single();

        ChatTurn asked = task.JudgeNext(example, ["Two."], ["""{"reasoning": "r", "final_answer": "A and B"}"""])!.Single();

        Assert.Equal("A and B|" + expected.ReplaceLineEndings(""), asked.Content);
    }

    [Fact]
    public void Each_row_has_the_label_of_its_id_and_a_row_without_one_is_not_matched()
    {
        using TaskData data = Data(Rows);
        IJudgedTask task = (IJudgedTask)EvalTaskCatalog.Get("holobench_begin");
        EvalExample example = task.Examples(data.Setting).Single();

        EvalScore score = task.Score(
            example, ["…"],
            """[{"id": 1, "label": "Exact Match"}, {"id": "w7", "label": "Partial Match"}, {"id": 9, "label": "Exact Match"}]""")!;

        Assert.Equal((0.5, 1 / 3.0), (score.Value, score.Beside["exact"]));
    }

    static TaskData Data(string gold) => new TaskData()
        .With("holobench/contexts.jsonl", $$"""{"question": "Which?", "main": ["m"], "auxiliary": ["a"], "gold": {{gold}}}""" + "\n")
        .With("holobench/experiment_prompt.txt", "{context}\n{question}")
        .With("holobench/extract_prompt.txt", "{response}")
        .With("holobench/eval_prompt.txt", "{pred}|{gold}|{output_format}");
}
