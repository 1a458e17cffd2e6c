using System.Text.Json.Nodes;
using Farsight.Engine;

namespace Farsight.Tests.Workflows.Distributed;

/// <summary>Training by context ranks that are threads: the losses of one process but for rounding.</summary>
public sealed class ContextRankTests : RankedRuns
{
    [Theory]
    [InlineData(Opsdl), InlineData(Grpo), InlineData(Distill)]
    public void Objectives_that_ask_a_model_have_the_losses_of_one_process_but_for_rounding_with_context_ranks(string objective)
    {
        GiveFacts("e");
        string[] settings = [SampleByTree, "steps=3", objective];
        Train("alone", 1, settings);

        Train("context", 2, settings, context: 2);
        Train("both", 4, settings, context: 2);

        Assert.Equal(Losses("alone")[^1], Losses("context")[^1], 2e-4);
        AssertSameFiles("context", "both", last: 3);
    }

    [Theory]
    [InlineData("logo"), InlineData("dpo with reference"), InlineData("longpo"), InlineData("every weight")]
    public void With_context_ranks_any_number_of_data_ranks_writes_the_same_files(string name)
    {
        Train("context", 2, Settings[name], context: 2);

        Train("both", 4, Settings[name], context: 2);

        AssertSameFiles("context", "both");
    }

    [Theory]
    [InlineData(2), InlineData(4)]
    public void Context_ranks_have_the_losses_of_one_process_but_for_rounding(int size)
    {
        Train("alone", 1, Settings["logo"]);

        Train("context", size, Settings["logo"], context: size);

        double[] alone = Losses("alone"), context = Losses("context");
        Assert.Equal(12, alone.Length);
        Assert.NotEqual(alone[0], alone[^1]);
        Assert.All(alone.Zip(context), l => Assert.InRange(l.Second, l.First - 2e-4, l.First + 2e-4));
        Assert.Equal($"{size}", JsonNode.Parse(File.ReadAllText(Files.In("context/manifest.json")))!["context_parallel"]!.ToJsonString());
    }

    [Fact]
    public void A_run_of_context_ranks_is_resumed_with_another_number_of_data_ranks()
    {
        Train("whole", 2, Settings["logo"], context: 2);
        using CancellationTokenSource stop = new();

        Assert.Throws<OperationCanceledException>(() => Train("stopped", 2, Settings["logo"], stop: (stop, 6), context: 2));
        Train("stopped", 4, Settings["logo"], context: 2);

        AssertSameFiles("whole", "stopped");
    }

    [Theory]
    [InlineData(3, 2, "Context parallelism of 2 needs a multiple of 2 ranks, and there are 3")]
    [InlineData(2, 0, "Context parallelism of 0 needs")]
    public void Ranks_that_are_no_multiple_of_the_context_ranks_are_refused(int size, int context, string problem)
    {
        InputException e = Assert.ThrowsAny<InputException>(() => Train("run", size, Settings["logo"], context: context));

        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Files.In("run")));
    }
}
