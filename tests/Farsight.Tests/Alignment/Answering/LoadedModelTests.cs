using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Alignment.Answering;

[Trait("Category", "Golden")]
public sealed class LoadedModelTests
{
    const string Tiny = "models/tiny";

    [SharedTheory(Tiny)]
    [InlineData(128, null, true), InlineData(512, null, true), InlineData(2048, null, false), InlineData(2048, "logo_adapter", true)]
    public async Task Greedy_answers_are_those_of_an_independent_implementation(int length, string? adapter, bool exact)
    {
        JsonNode golden = JsonNode.Parse(File.ReadAllText(SharedMaterial.PathOf($"{Tiny}/reference.json")))!["forward"]!.AsArray()
            .Single(c => (int)c!["length"]! == length)!;
        int[] gold = Ids(golden["gold_ids"]!);
        using LoadedModel model = LoadedModel.Open(
            SharedMaterial.PathOf(Tiny),
            adapter is null ? null : SharedMaterial.PathOf($"{Tiny}/{adapter}"));

        Completion completion = (await model.LanguageModel.CompleteAsync(
            [new(new Prompt.Tokens(Ids(golden["prompt_ids"]!)), new(gold.Length))]))[0];

        Assert.Equal(exact, gold.SequenceEqual(completion.StopToken is { } stop ? [.. completion.Tokens, stop] : completion.Tokens));
        Assert.Equal(adapter is null ? "tiny" : "tiny + tiny/logo_adapter", model.Name);
        if (exact)
        {
            Assert.Equal(((string)golden["gold_text"]!).Replace("<|end_of_text|>", "").Trim(), completion.Text.Trim());
            Assert.Equal(FinishReason.Stop, completion.FinishReason);
        }
    }

    [SharedFact("corpora/books/Emma_158.txt")]
    public void A_request_runs_from_the_documents_to_the_results()
    {
        using LoadedModel model = LoadedModel.Open(SharedMaterial.PathOf(Tiny));
        EvalRequest request = new(
            ["needle", "perplexity"],
            [320],
            Depths: 2,
            Samples: 2,
            Seed: 1,
            SharedMaterial.PathOf("corpora/books/Emma_158.txt"));

        EvalResults results = request.Run(model, null, null, default);

        Assert.StartsWith("tiny, plain RoPE (", results.Model);
        Assert.Equal("Emma_158.txt", results.Haystack);
        Assert.Equal(0, results.Tasks[0].Lengths[0].Failed);
        // its keys were never seen in training, so the answer as a whole may not be exact
        Assert.InRange(results.Tasks[0].Lengths[0].Beside["value"], 0.5, 1);
        Assert.InRange(results.Tasks[1].Lengths[0].Mean!.Value, 50, 600); // about 214 on another book
    }

    [SharedFact(Tiny)]
    public void Without_documents_invented_ones_are_written_from_the_seed()
    {
        using LoadedModel model = LoadedModel.Open(SharedMaterial.PathOf(Tiny));
        EvalRequest request = new(["needle"], [512], Depths: 1, Samples: 1, Seed: 1, Documents: null);

        EvalPlan plan = request.For(model);

        Assert.Equal("invented documents, seed 1", plan.HaystackName);
        Assert.InRange(plan.Setting.Haystack!.Tokens.Count, 65_536, 66_000);
        Assert.Equal(plan.Setting.Haystack!.Tokens, request.For(model).Setting.Haystack!.Tokens);
        Assert.NotEqual(plan.Setting.Haystack!.Tokens, (request with { Seed = 2 }).For(model).Setting.Haystack!.Tokens);
    }

    static int[] Ids(JsonNode ids) => [.. ids.AsArray().Select(i => (int)i!)];
}
