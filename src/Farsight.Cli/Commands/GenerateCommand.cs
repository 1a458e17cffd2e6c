using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;

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

    internal static Command Create()
    {
        Command command = new("generate", "Answer prompts with a model, or continue raw text.") { s_prompts, s_system, s_raw };
        s_sampling.AddTo(command);
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        bool isRaw = parse.GetValue(s_raw), writesJson = parse.GetValue(s_sampling.Json);
        if (isRaw && parse.GetValue(s_system) is not null)
        {
            throw new InputException("--system needs the chat template; leave out --raw, or put the text into the prompt.");
        }
        TextOptions options = s_sampling.Of(parse);
        string[] texts = [.. parse.GetValue(s_prompts)!.Select(Read)];
        using LoadedModel model = s_sampling.Open(parse);
        int[][] prompts = [.. texts.Select(t => isRaw ? model.RawPrompt(t) : model.Format.Conversation(Turns(parse, t)))];

        bool streams = prompts.Length == 1 && !writesJson;
        IReadOnlyList<GeneratedText> answers = TextGenerator.Generate(
            model,
            prompts,
            isRaw,
            options,
            streams ? (_, text) => Show(output, text) : null,
            cancel);
        if (streams)
        {
            output.WriteLine();
        }
        else
        {
            Write(answers, writesJson, output);
        }
        foreach (GeneratedText answer in answers.Where(a => a.FinishReason == FinishReason.Length && a.Tokens.Count < options.MaxNewTokens))
        {
            Console.Error.WriteLine(
                $"The context window of {answer.PromptTokens.Count + answer.Tokens.Count} tokens is full; the answer ends there.");
        }
        cancel.ThrowIfCancellationRequested();
        return ExitCode.Done;
    }

    static Text.Conversations.ChatTurn[] Turns(ParseResult parse, string text) =>
        parse.GetValue(s_system) is { } system ? [new("system", system), new("user", text)] : [new("user", text)];

    static string Read(string prompt)
    {
        try
        {
            return prompt == "-" ? Console.In.ReadToEnd() : prompt.StartsWith('@') ? File.ReadAllText(prompt[1..]) : prompt;
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

    static void Write(IReadOnlyList<GeneratedText> answers, bool writesJson, TextWriter output)
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
