using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Answering.Context;
using Farsight.Cli.Options;
using Farsight.Cli.Output;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight chat</c>: a conversation in the terminal, or one line of standard input a turn.</summary>
static class ChatCommand
{
    static readonly SamplingOptions s_sampling = new();
    static readonly PrecisionOption s_precision = new(infers: true);
    static readonly Option<string?> s_system = new("--system") { Description = "System message of the conversation. Default: none." };

    internal static Command Create()
    {
        Command command = new("chat", "Chat with a model, one line of input per turn. /help lists the chat commands.")
        {
            s_system,
            s_precision,
        };
        s_sampling.AddTo(command);
        // the first Ctrl-C ends an answer, not the command
        command.SetAction((parse, _) => Task.Run(() => Run(parse), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse)
    {
        GenerationOptions options = s_sampling.Of(parse);
        ContextMethod? method = s_sampling.MethodOf(parse);
        using LoadedModel model = s_sampling.Open(parse);
        s_precision.Apply(parse, model);
        using AnswerInterrupt interrupt = new();
        bool isTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;
        TextWriter output = parse.InvocationConfiguration.Output;
        ChatLoop loop = new(
            method?.Over(model) ?? model.LanguageModel,
            options,
            output,
            Console.Error,
            parse.GetValue(s_sampling.Json),
            model.AdapterPath is null ? null : isOn => model.Model.IsAdapterOn = isOn)
        {
            System = parse.GetValue(s_system),
        };
        if (isTerminal)
        {
            Console.Error.WriteLine($"{model.Name}. /help lists commands, Ctrl-C stops an answer.");
        }
        while (Read(isTerminal) is { } line && loop.Take(line, interrupt))
        {
        }
        return loop.Failed ? ExitCode.BadInput : ExitCode.Done;
    }

    static string? Read(bool isTerminal)
    {
        if (isTerminal)
        {
            Console.Error.Write("> ");
        }
        return Console.In.ReadLine();
    }
}
