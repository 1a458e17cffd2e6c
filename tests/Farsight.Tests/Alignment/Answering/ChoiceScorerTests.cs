using Farsight.Alignment.Answering;

namespace Farsight.Tests.Alignment.Answering;

public sealed class ChoiceScorerTests
{
    [Fact]
    public void Choices_are_scored_as_one_forward_each_would_and_completions_as_one_by_one()
    {
        using LoadedModel model = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));
        int[] shots = model.RawPrompt(string.Concat(Enumerable.Range(0, 20).Select(i => $"Lamp number {i} is in the hall.\n")));
        ChoiceRequest[] requests = [.. Enumerable.Range(0, 5).Select(i => new ChoiceRequest(
            [.. shots, .. model.Tokenizer.Encode($"Where is lamp number {i}?\n")],
            [.. new[] { " In the hall.", " In the cellar.", " A", $" Number {i} is in a room" }.Select(c => model.Tokenizer.Encode(c))]))];

        IReadOnlyList<ChoiceLogProb[]> scores = model.Choices.Score(requests, default);

        foreach ((ChoiceRequest request, ChoiceLogProb[] choices) in requests.Zip(scores))
        {
            foreach ((IReadOnlyList<int> continuation, ChoiceLogProb choice) in request.Continuations.Zip(choices))
            {
                ChoiceLogProb alone = model.Choices.Score([new(request.Prompt, [continuation])], default)[0][0];
                Assert.Equal(alone.LogProb, choice.LogProb, 1e-4);
                Assert.Equal((continuation.Count, alone.IsGreedy), (choice.Tokens, choice.IsGreedy));
            }
        }

        CompletionRequest[] prompts = [.. requests.Select((r, i) => new CompletionRequest(r.Prompt, 5 + i))];
        Assert.Equal(
            prompts.Select(p => model.Completer.Complete(p, default).Text),
            model.Completer.Complete(prompts, default).Select(c => c.Text));
    }
}
