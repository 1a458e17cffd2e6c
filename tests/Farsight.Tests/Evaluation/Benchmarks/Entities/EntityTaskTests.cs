using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Entities;

public sealed class EntityTaskTests : IDisposable
{
    readonly TaskData _data = new();

    public EntityTaskTests() => new EntitiesFixture().Write(_data);

    [Fact]
    public void The_result_is_the_micro_F1_over_all_documents()
    {
        EvalExample[] examples = [.. Task.Examples(_data.Setting)];

        // Document 1: 1 of 2 listed is right, of 2 marked. Document 2: one is listed and none marked.
        EvalScore first = Task.Score(examples[0], "PER: Anna Berg\nPER: Lindau"), second = Task.Score(examples[1], "LOC: Nothing");
        EvalScore both = ((IAggregatedTask)Task).Aggregate([Scored(examples[0], first), Scored(examples[1], second)]);

        Assert.Equal((0.5, 0.0), (first.Value, second.Value));
        Assert.Equal(2.0 * 1 / (3 + 2), both.Value, 1e-12); // 2·right / (listed + marked)
    }

    [Fact]
    public void A_document_without_entities_is_right_where_the_answer_says_so_and_wrong_without_an_answer()
    {
        EvalExample empty = Task.Examples(_data.Setting).Last();

        Assert.Equal((1.0, 0.0), (Task.Score(empty, "none").Value, Task.Score(empty, " ").Value));
        Assert.Equal(1, ((IAggregatedTask)Task).Aggregate([Scored(empty, Task.Score(empty, "none"))]).Value);
    }

    [Fact]
    public void A_failed_document_counts_with_all_of_its_entities() => Assert.Equal(
        [("listed", 0.0), ("marked", 2.0), ("right", 0.0)],
        ((IAggregatedTask)Task).Failure(Task.Examples(_data.Setting).First()).Beside.OrderBy(b => b.Key).Select(b => (b.Key, b.Value)));

    [Theory]
    [InlineData("Anna", "test.bio:1")]
    [InlineData("Anna O\nBerg S-PER", "test.bio:2")]
    public void A_line_without_a_BIO_tag_is_named(string text, string place)
    {
        _data.With("entities/test.bio", text);

        Assert.Contains(
            $"{place}: the line has no BIO tag", Assert.Throws<InputException>(() => Task.Examples(_data.Setting).ToArray()).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _data.Dispose();

    static IGeneratedTask Task => (IGeneratedTask)EvalTaskCatalog.Get("entities/documents");

    static ScoredExample Scored(EvalExample example, EvalScore score) => new(example.Id, example.Groups, score);
}
