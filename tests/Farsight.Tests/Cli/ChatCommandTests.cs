using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Cli.Commands;
using Farsight.Cli.Output;
using Farsight.Engine.Inference;

namespace Farsight.Tests.Cli;

public sealed class ChatCommandTests : IDisposable
{
    static readonly TextOptions s_options = new(8, Sampling.Greedy);

    readonly LoadedModel _model = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));
    readonly StringWriter _out = new(), _notes = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Every_line_of_standard_input_is_a_turn()
    {
        TextReader old = Console.In;
        try
        {
            Console.SetIn(new StringReader("What is the lamp?\n/seed 3\n\nAnd the door?\n/quit\nnever read\n"));
            (int code, string output, string error) = await CommandLine.Run(
                "chat",
                "--model",
                "models/tiny",
                "--max-new-tokens",
                "4",
                "--json");

            JsonNode[] turns = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)];
            Assert.Equal((0, 2), (code, turns.Length));
            Assert.Contains("The seed is 3.", error, StringComparison.Ordinal);
            int[] first = Ids(turns[0], "prompt_tokens"), second = Ids(turns[1], "prompt_tokens");
            Assert.Equal(first, second[..first.Length]); // the conversation goes on
        }
        finally
        {
            Console.SetIn(old);
        }

        static int[] Ids(JsonNode turn, string key) => [.. turn[key]!.AsArray().GetValues<int>()];
    }

    [Fact]
    public void A_later_answer_is_what_the_whole_conversation_gives_at_once()
    {
        using ChatSession session = new(_model);
        session.Answer("What is the lamp?", s_options, null, CancellationToken.None);
        GeneratedText kept = session.Answer("And the door?", s_options, null, CancellationToken.None);

        GeneratedText anew = TextGenerator.Generate(_model, [[.. kept.PromptTokens]], false, s_options, null, CancellationToken.None)[0];

        Assert.Equal(anew.Tokens, kept.Tokens);
        Assert.Equal(4, session.Turns.Count);
    }

    [Fact]
    public void A_stopped_answer_stays_as_far_as_it_came_and_the_chat_goes_on()
    {
        using ChatSession session = new(_model);
        using CancellationTokenSource cancel = new();

        GeneratedText stopped = session.Answer(
            "What is the lamp?",
            s_options with
            {
                MaxNewTokens = 100,
            },
            _ => cancel.Cancel(),
            cancel.Token);
        GeneratedText next = session.Answer("And the door?", s_options, null, CancellationToken.None);

        Assert.Equal(FinishReason.Cancelled, stopped.FinishReason);
        Assert.Equal(stopped.Text, session.Turns[1].Content);
        GeneratedText anew = TextGenerator.Generate(_model, [[.. next.PromptTokens]], false, s_options, null, CancellationToken.None)[0];
        Assert.Equal(anew.Tokens, next.Tokens);
    }

    [Fact]
    public void A_full_window_is_said_and_nothing_is_dropped_silently()
    {
        using ChatSession session = new(_model);
        using AnswerInterrupt interrupt = new();
        ChatLoop loop = new(session, s_options with { MaxNewTokens = 400 }, _out, _notes, writesJson: false, hasAdapter: false);
        string text = string.Concat(Enumerable.Repeat("the ", 400));

        Assert.True(loop.Take(text, interrupt));
        Assert.Contains("The context window of 512 tokens is full; the answer ends there.", _notes.ToString(), StringComparison.Ordinal);
        Assert.True(loop.Take(text, interrupt));

        Assert.Contains("The context window is full: the conversation has", _notes.ToString(), StringComparison.Ordinal);
        Assert.True(loop.Failed);
        Assert.Equal(2, session.Turns.Count);
        loop.Take("/reset", interrupt);
        Assert.Empty(session.Turns);
    }

    [Theory]
    [InlineData("/adapter on", "no adapter")]
    [InlineData("/seed x", "whole number")]
    [InlineData("/nonsense", "no command '/nonsense'")]
    public void A_command_that_cannot_be_obeyed_says_why(string line, string problem)
    {
        using ChatSession session = new(_model);
        using AnswerInterrupt interrupt = new();
        ChatLoop loop = new(session, s_options, _out, _notes, writesJson: false, hasAdapter: false);

        Assert.True(loop.Take(line, interrupt));

        Assert.Contains(problem, _notes.ToString(), StringComparison.Ordinal);
        Assert.True(loop.Failed);
    }

    [Fact]
    public void Switching_the_adapter_off_gives_the_base_model_s_answer()
    {
        using TemporaryFolder folder = new();
        _model.Model.AttachLora(new(4, 8, ["q_proj", "down_proj"], TrainEmbeddings: false, TrainNorms: false), seed: 1);
        foreach (Farsight.Engine.Parameters.Parameter parameter in _model.Model.Parameters)
        {
            foreach (ref float value in parameter.Value.Span)
            {
                value += 0.05f;
            }
        }
        using LoadedModel plain = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));
        using ChatSession session = new(_model), baseSession = new(plain);
        using AnswerInterrupt interrupt = new();
        ChatLoop loop = new(session, s_options, _out, _notes, writesJson: false, hasAdapter: true);

        loop.Take("What is the lamp?", interrupt);
        loop.Take("/reset", interrupt);
        loop.Take("/adapter off", interrupt);
        loop.Take("What is the lamp?", interrupt);

        string expected = baseSession.Answer("What is the lamp?", s_options, null, CancellationToken.None).Text;
        Assert.Equal(expected, session.Turns[1].Content);
        Assert.NotEqual(expected, _out.ToString().Split(Environment.NewLine)[0]);
    }

    [Fact]
    public void The_first_interrupt_ends_the_answer()
    {
        using AnswerInterrupt interrupt = new();

        bool cancelled = interrupt.During(cancel =>
        {
            Assert.True(interrupt.StopAnswer());
            Assert.False(interrupt.StopAnswer()); // the second one ends the program
            return cancel.IsCancellationRequested;
        });

        Assert.True(cancelled);
        Assert.False(interrupt.StopAnswer());
    }
}
