using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Retrieval;

public sealed class RetrievalTaskTests
{
    [Fact]
    public void A_query_is_compared_with_the_documents_of_its_own_length_only()
    {
        using TaskData data = new();
        data.With("longembed/passkey/corpus.jsonl", ((int[])[256, 512]).SelectMany(l => Enumerable.Range(0, 2).Select(i =>
                (object)new { doc_id = $"d{i}", text = $"Text {i} of {l}.", context_length = l })))
            .With("longembed/passkey/queries.jsonl", ((int[])[512, 256]).Select(l =>
                (object)new { qid = "q0", text = "The key?", context_length = l }))
            .With("longembed/passkey/qrels.jsonl",
                [new { qid = "q0", doc_id = "d1", context_length = 256 }, new { qid = "q0", doc_id = "d0", context_length = 512 }]);

        EvalExample[] examples = [.. EvalTaskCatalog.Get("longembed_passkey").Examples(data.Setting)];

        Assert.Equal(["512-q0", "256-q0"], examples.Select(e => e.Id));
        Assert.Equal(["d0"], examples[0].References);
        Assert.Equal(["d1"], examples[1].References);
        Assert.Equal("512", examples[0].ValueOf("context length"));
        Assert.Equal(
            ["Text 0 of 512.", "Text 1 of 512."],
            examples[0].Choices.Select(c => TaskData.Asked(c.Prompt!).Split('\n')[0]));
    }

    [Fact]
    public void A_query_of_qasper_whose_document_is_empty_is_left_out()
    {
        using TaskData data = new();
        data.With("loco/qasper_title/corpus.jsonl", [new { doc_id = "d0", text = "" }, new { doc_id = "d1", text = "A paper." }])
            .With("loco/qasper_title/queries.jsonl", [new { qid = "q0", text = "Lost" }, new { qid = "q1", text = "Found" }])
            .With("loco/qasper_title/qrels.jsonl", [new { qid = "q0", doc_id = "d0" }, new { qid = "q1", doc_id = "d1" }]);

        EvalExample example = Assert.Single(EvalTaskCatalog.Get("loco_qasper_title").Examples(data.Setting));

        Assert.Equal(("q1", 2), (example.Id, example.Choices.Count));
    }
}
