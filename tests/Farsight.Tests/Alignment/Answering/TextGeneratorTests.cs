using Farsight.Alignment.Answering;
using Farsight.Engine.Inference;

namespace Farsight.Tests.Alignment.Answering;

public sealed class TextGeneratorTests : IDisposable
{
    static readonly TextOptions s_greedy = new(12, Sampling.Greedy);

    readonly LoadedModel _model = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void A_stop_text_ends_the_answer_and_is_not_part_of_it_however_tokens_cut_it()
    {
        string free = One("The lamp is", s_greedy).Text;
        string stop = free[5..9];

        GeneratedText stopped = One("The lamp is", s_greedy with { Stop = [stop, "never there"] });

        Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
        Assert.Equal(FinishReason.Stop, stopped.FinishReason);
    }

    [Fact]
    public void What_is_streamed_is_the_text()
    {
        List<string> parts = [];

        GeneratedText text = TextGenerator.Generate(
            _model,
            [_model.RawPrompt("The lamp is")],
            true,
            s_greedy with
            {
                Stop = ["zzz", "e q"],
            },
            (_, part) => parts.Add(part),
            CancellationToken.None
        )[0];

        Assert.True(parts.Count > 3);
        Assert.Equal(text.Text, string.Concat(parts));
    }

    [Fact]
    public void The_same_seed_draws_the_same_and_another_draws_another()
    {
        TextOptions warm = new(20, new Sampling(1, 1)) { Seed = 5 };

        Assert.Equal(One("The lamp", warm).Tokens, One("The lamp", warm).Tokens);
        Assert.NotEqual(One("The lamp", warm).Tokens, One("The lamp", warm with { Seed = 6 }).Tokens);
    }

    [Fact]
    public void A_penalty_keeps_greedy_text_from_repeating_itself()
    {
        int repeats = Repeats(One("The lamp", s_greedy with { MaxNewTokens = 60 })),
            fewer = Repeats(One("The lamp", new(60, Sampling.Greedy) { RepetitionPenalty = 1.5 }));

        Assert.True(fewer < repeats, $"{fewer} and {repeats}");
    }

    [Fact]
    public void Cancelling_keeps_what_there_is()
    {
        using CancellationTokenSource cancel = new();
        int parts = 0;

        GeneratedText text = TextGenerator.Generate(_model, [_model.RawPrompt("The lamp is")], true, s_greedy, (_, _) =>
        {
            if (++parts == 3)
            {
                cancel.Cancel();
            }
        }, cancel.Token)[0];

        Assert.Equal(FinishReason.Cancelled, text.FinishReason);
        Assert.InRange(text.Tokens.Count, 3, 5);
    }

    GeneratedText One(string prompt, TextOptions options) =>
        TextGenerator.Generate(_model, [_model.RawPrompt(prompt)], true, options, null, CancellationToken.None)[0];

    static int Repeats(GeneratedText text) => text.Tokens.Count - text.Tokens.Distinct().Count();
}
