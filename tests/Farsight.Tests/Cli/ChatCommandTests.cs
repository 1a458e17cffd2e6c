using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Cli.Output;

namespace Farsight.Tests.Cli;

public sealed class ChatCommandTests : IDisposable
{
    static readonly GenerationOptions s_options = new(8);

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
    public async Task A_later_answer_is_what_the_whole_conversation_gives_at_once()
    {
        using AnswerInterrupt interrupt = new();
        ChatLoop loop = Loop(s_options, writesJson: true);

        loop.Take("What is the lamp?", interrupt);
        loop.Take("And the door?", interrupt);

        JsonNode last = JsonNode.Parse(_out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!;
        Assert.Equal(await Anew(loop), last["tokens"]!.AsArray().GetValues<int>());
        Assert.Equal(4, loop.Turns.Count);
        Assert.Equal(last["text"]!.GetValue<string>(), loop.Turns[3].Content);
    }

    [Fact]
    public async Task A_stopped_answer_stays_as_far_as_it_was_generated_and_the_chat_goes_on()
    {
        using AnswerInterrupt interrupt = new();
        using InterruptingWriter output = new(interrupt);
        ChatLoop loop = new(_model.LanguageModel, s_options with { MaxNewTokens = 100 }, output, _notes, writesJson: false, null);

        loop.Take("What is the lamp?", interrupt);
        string stopped = loop.Turns[1].Content;
        output.IsArmed = false;
        loop.Take("And the door?", interrupt);

        Assert.NotEmpty(stopped);
        Assert.StartsWith(stopped + Environment.NewLine, output.ToString());
        Assert.Equal(4, loop.Turns.Count);
        Assert.Equal(
            _model.Tokenizer.Decode([.. (await Anew(loop, 100))]).Trim(),
            loop.Turns[3].Content.Trim());
    }

    [Fact]
    public void A_full_window_is_said_and_nothing_is_dropped_silently()
    {
        using AnswerInterrupt interrupt = new();
        ChatLoop loop = Loop(s_options with { MaxNewTokens = 400 });
        string text = string.Concat(Enumerable.Repeat("the ", 400));

        Assert.True(loop.Take(text, interrupt));
        Assert.Contains("The context window of 512 tokens is full; the answer ends there.", _notes.ToString(), StringComparison.Ordinal);
        Assert.True(loop.Take(text, interrupt));

        Assert.Contains("The context window is full: the conversation has", _notes.ToString(), StringComparison.Ordinal);
        Assert.True(loop.Failed);
        Assert.Equal(2, loop.Turns.Count);
        loop.Take("/reset", interrupt);
        Assert.Empty(loop.Turns);
    }

    [Theory]
    [InlineData("/adapter on", "no adapter")]
    [InlineData("/seed x", "whole number")]
    [InlineData("/nonsense", "no command '/nonsense'")]
    public void A_command_that_cannot_be_obeyed_says_why(string line, string problem)
    {
        using AnswerInterrupt interrupt = new();
        ChatLoop loop = Loop(s_options);

        Assert.True(loop.Take(line, interrupt));

        Assert.Contains(problem, _notes.ToString(), StringComparison.Ordinal);
        Assert.True(loop.Failed);
    }

    [Fact]
    public void Switching_the_adapter_off_gives_the_base_model_s_answer()
    {
        _model.Model.AttachLora(new(4, 8, ["q_proj", "down_proj"], TrainEmbeddings: false, TrainNorms: false), seed: 1);
        foreach (Farsight.Engine.Parameters.Parameter parameter in _model.Model.Parameters)
        {
            foreach (ref float value in parameter.Value.Span)
            {
                value += 0.05f;
            }
        }
        using LoadedModel plain = LoadedModel.Open(Path.Combine(Repository.Root, "models/tiny"));
        using AnswerInterrupt interrupt = new();
        ChatLoop loop = new(_model.LanguageModel, s_options, _out, _notes, false, isOn => _model.Model.IsAdapterOn = isOn),
            baseLoop = new(plain.LanguageModel, s_options, TextWriter.Null, _notes, false, null);

        loop.Take("What is the lamp?", interrupt);
        loop.Take("/reset", interrupt);
        loop.Take("/adapter off", interrupt);
        loop.Take("What is the lamp?", interrupt);

        baseLoop.Take("What is the lamp?", interrupt);
        string expected = baseLoop.Turns[1].Content;
        Assert.Equal(expected, loop.Turns[1].Content);
        Assert.NotEqual(expected, _out.ToString().Split(Environment.NewLine)[0]);
    }

    ChatLoop Loop(GenerationOptions options, bool writesJson = false) =>
        new(_model.LanguageModel, options, _out, _notes, writesJson, switchAdapter: null);

    /// <summary>The tokens of the last answer when nothing of the conversation is kept.</summary>
    async Task<IReadOnlyList<int>> Anew(ChatLoop loop, int maxNewTokens = 8) =>
        (await _model.LanguageModel.CompleteAsync([new(new Prompt.Chat([.. loop.Turns.SkipLast(1)]), new(maxNewTokens))]))[0].Tokens;

    /// <summary>Interrupts the answer at its first text.</summary>
    sealed class InterruptingWriter(AnswerInterrupt interrupt) : StringWriter
    {
        internal bool IsArmed { get; set; } = true;

        public override void Write(string? value)
        {
            base.Write(value);
            _ = IsArmed && interrupt.StopAnswer();
        }
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
