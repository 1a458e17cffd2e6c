using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Answering.Context;
using Farsight.Alignment.Training;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight generate</c>: answers prompts, or continues raw text.</summary>
static class GenerateCommand
{
    static readonly SamplingOptions s_sampling = new();
    static readonly Option<string[]> s_prompts = new("--prompt")
    {
        Description = "Prompt to answer. @FILE reads a file, - reads standard input. Repeatable; a common prefix is computed once.",
        Required = true,
    };
    static readonly Option<string?> s_system = new("--system") { Description = "System message before the prompt. Default: none." };
    static readonly Option<bool> s_raw = new("--raw") { Description = "Continue the prompt as raw text, without the chat template." };

    static readonly DeviceOption s_device = new(infers: true);

    internal static Command Create()
    {
        Command command = new("generate", "Answer prompts with a model, or continue raw text.")
        {
            s_prompts,
            s_system,
            s_raw,
            s_device,
            s_device.Precision,
        };
        s_sampling.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static async Task<int> Run(ParseResult parse, CancellationToken cancel)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        bool isRaw = parse.GetValue(s_raw), writesJson = parse.GetValue(s_sampling.Json);
        if (isRaw && parse.GetValue(s_system) is not null)
        {
            throw new InputException("--system needs the chat template; leave out --raw, or put the text into the prompt.");
        }
        GenerationOptions options = s_sampling.Of(parse);
        string[] texts = [.. parse.GetValue(s_prompts)!.Select(Read)];
        ContextMethod? method = s_sampling.MethodOf(parse);
        using LoadedModel model = s_sampling.Open(parse);
        using IDeviceModel? device = s_device.Attach(parse, model, method is not null, SingleProcess.Instance);
        ILanguageModel asked = method?.Over(model) ?? model.LanguageModel;

        bool streams = texts.Length == 1 && !writesJson;
        CompletionRequest[] requests =
        [
            .. texts.Select((text, i) => new CompletionRequest(isRaw ? new Prompt.RawText(text) : Chat(parse, text), options)
            {
                Random = SeededRandom.For((int)options.Seed!, "generate", i), // each prompt draws for itself
                OnText = streams ? part => Show(output, part) : null,
            }),
        ];
        IReadOnlyList<Completion> answers = await asked.CompleteAsync(requests, cancel).ConfigureAwait(false);
        if (streams)
        {
            output.WriteLine();
        }
        else
        {
            Write(answers, writesJson, output);
        }
        foreach (Completion answer in answers.Where(a => a.FinishReason == FinishReason.Length && a.Tokens.Count < options.MaxNewTokens))
        {
            Console.Error.WriteLine(
                $"The context window of {answer.PromptTokens.Count + answer.Tokens.Count} tokens is full; the answer ends there.");
        }
        cancel.ThrowIfCancellationRequested();
        return ExitCode.Done;
    }

    static Prompt.Chat Chat(ParseResult parse, string text) =>
        parse.GetValue(s_system) is { } system ? new([new("system", system), new("user", text)]) : Prompt.User(text);

    static string Read(string prompt)
    {
        try
        {
            return prompt == "-" ? Console.In.ReadToEnd()
                : prompt.StartsWith('@') ? RegularFile.ReadAllText(RegularFile.RequireText(prompt[1..]))
                : prompt;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The prompt '{prompt[1..]}' cannot be read: {e.Message}", e);
        }
    }

    static void Show(TextWriter output, string text)
    {
        output.Write(text);
        output.Flush();
    }

    static void Write(IReadOnlyList<Completion> answers, bool writesJson, TextWriter output)
    {
        if (writesJson)
        {
            output.WriteLine(
                answers.Count == 1 ? GeneratedJson.Of(answers[0]) : $"[{string.Join(",\n", answers.Select(GeneratedJson.Of))}]");
            return;
        }
        for (int i = 0; i < answers.Count; i++)
        {
            output.WriteLine($"{(i > 0 ? "\n" : "")}[{i + 1}] {answers[i].Text}");
        }
    }
}
