using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Lcfo;

/// <summary>Tests which documents of LCFO are asked about.</summary>
public sealed class LcfoTests
{
    static readonly object[] s_records =
    [
        new { id = "w1", source = "A long text.", summary_20 = "A text.", domain = "wiki", questions = new[]
            {
                new { question = "What?", answer = "A long text" }, new { question = "How long?", answer = "Very" },
            } },
        new { id = "n1", source = (string?)null, summary_20 = "News." },
        new { id = "w2", source = "Another text.", summary_20 = "Other." },
    ];

    [Theory]
    [InlineData("lcfo_20", "w1, w2", "1 of 3 documents are left out, because they have no 'source' or no 'summary_20'; ")]
    [InlineData("lcfo_5", "", "3 of 3 documents are left out, because they have no 'source' or no 'summary_5'; ")]
    [InlineData("lcfo_questions", "w1-0, w1-1", "2 of 3 documents are left out, because they have no 'source' or no 'questions'; ")]
    public void Documents_without_a_text_are_left_out_and_reported(string name, string ids, string omission)
    {
        using TaskData data = new();
        data.With("lcfo/source_data.jsonl", s_records);
        IEvalTask task = EvalTaskCatalog.Get(name);

        Assert.Equal(ids, string.Join(", ", task.Examples(data.Setting).Select(e => e.Id)));
        Assert.Equal(omission + "rebuild the missing texts.", task.Omission(data.Setting));
    }

    [Fact]
    public void An_answer_scores_by_its_words_and_questions_of_one_document_depend_on_each_other()
    {
        using TaskData data = new();
        data.With("lcfo/source_data.jsonl", s_records);
        IGeneratedTask task = (IGeneratedTask)EvalTaskCatalog.Get("lcfo_questions");
        EvalExample[] examples = [.. task.Examples(data.Setting)];

        EvalScore score = task.Score(examples[0], "It is a text.");

        Assert.Equal(0.4, score.Value, 12); // it, is, text against long, text: P = 1/3, R = 1/2
        Assert.Equal(2 * (2 / 4.0) * (2 / 3.0) / (2 / 4.0 + 2 / 3.0), score.Beside["ROUGE-L"], 12); // a, text of it, is, a, text
        Assert.Equal(["w1", "w1"], examples.Select(e => e.Group));
        Assert.Equal(0, task.Score(examples[1], "").Value);
    }
}
