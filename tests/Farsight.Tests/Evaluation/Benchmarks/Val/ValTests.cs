using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Val;

public sealed class ValTests : IDisposable
{
    readonly TaskData _data = new();

    public ValTests() => new ValFixture().Write(_data);

    [Fact]
    public void Prompts_lose_the_markup_of_the_authors_model_and_listed_examples_are_left_out()
    {
        EvalExample example = Assert.Single(Task("document").Examples(_data.Setting));

        Assert.Equal("1", example.Id); // the first record is on the skip list
        Assert.Equal(
            "In June the lamp was lit at nine.\n\nWhich sentence contains: \"the lamp was lit at\"?", TaskData.Asked(example.Prompt));
    }

    [Theory]
    [InlineData("document", "0.9375")] // 750 of 800
    [InlineData("code", "0.0625")] // 50 of 800
    [InlineData("database", "0")]
    public void Examples_are_grouped_by_the_depth_of_their_span(string task, string depth) =>
        Assert.Equal(depth, Task(task).Examples(_data.Setting).Single().Groups[EvalExample.Depth]);

    [Theory]
    [InlineData("document", "The lamp was lit.", 3 / 8.0)] // the, lamp, was; "lit." is another word than "lit"
    [InlineData("code", "def Light_Lamp", 0)]
    [InlineData("code", "the function light_lamp", 1)]
    [InlineData("database", "A LAMP IN THE HARBOR.", 1)]
    public void Scores_are_those_of_the_authors(string task, string answer, double score)
    {
        IGeneratedTask probe = Task(task);
        EvalExample example = probe.Examples(_data.Setting).Single();

        Assert.Equal(score, probe.Score(example, answer).Value, 1e-12);
    }

    [Fact]
    public void A_position_beyond_the_context_is_refused()
    {
        _data.With("val/database_forward_32k.jsonl",
            [new { prompt = "Q?", completion = "", label = "a", description = "b", position_id = 750, set_id = 0 }]);

        Assert.Contains(
            "from 0 to 749", Assert.Throws<InputException>(() => Task("database").Examples(_data.Setting).ToArray()).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _data.Dispose();

    static IGeneratedTask Task(string name) => (IGeneratedTask)EvalTaskCatalog.Get($"val/{name}");
}
