using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Cli.Output;
using Farsight.Engine;

namespace Farsight.Cli.Commands;

/// <summary>Takes the lines of a chat: commands, and what is said to the model.</summary>
/// <param name="session">The conversation.</param>
/// <param name="options">How answers are generated.</param>
/// <param name="output">Receives the answers.</param>
/// <param name="notes">Receives what is said about them.</param>
/// <param name="writesJson">One object a turn instead of streamed text.</param>
/// <param name="hasAdapter">Whether there is an adapter to switch.</param>
sealed class ChatLoop(ChatSession session, TextOptions options, TextWriter output, TextWriter notes, bool writesJson, bool hasAdapter)
{
    const string Help = """
        /adapter on|off  Turn the adapter on or off, starting with the next answer.
        /reset           Start a new conversation.
        /system TEXT     Set the system message. Without TEXT, remove it.
        /seed N          Set the random seed of the next answers.
        /quit            Exit.
        """;

    TextOptions _options = options;

    /// <summary>Whether a line could not be answered.</summary>
    internal bool Failed { get; private set; }

    /// <summary>Takes a line; false when the chat is to end.</summary>
    internal bool Take(string line, AnswerInterrupt interrupt)
    {
        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        try
        {
            switch (words[0])
            {
                case "":
                    return true;
                case "/quit":
                    return false;
                case { Length: > 0 } command when command[0] == '/':
                    Obey(command, words.Length > 1 ? words[1] : "");
                    return true;
                default:
                    interrupt.During(cancel => Answer(line, cancel));
                    return true;
            }
        }
        catch (InputException e)
        {
            Failed = true;
            notes.WriteLine(e.Message);
            return true;
        }
    }

    bool Answer(string line, CancellationToken cancel)
    {
        GeneratedText answer = session.Answer(line, _options, writesJson ? null : Show, cancel);
        output.WriteLine(writesJson ? GeneratedJson.Of(answer) : "");
        output.Flush();
        if (answer.FinishReason == FinishReason.Length && answer.Tokens.Count < _options.MaxNewTokens)
        {
            notes.WriteLine(
                $"The context window of {answer.PromptTokens.Count + answer.Tokens.Count} tokens is full; the answer ends there. /reset starts anew."
            );
        }
        return true;
    }

    void Show(string text)
    {
        output.Write(text);
        output.Flush();
    }

    void Obey(string command, string rest)
    {
        switch (command)
        {
            case "/help":
                notes.WriteLine(Help);
                break;
            case "/reset":
                session.Reset();
                notes.WriteLine("The conversation starts anew.");
                break;
            case "/system":
                session.System = rest.Length > 0 ? rest : null;
                notes.WriteLine(rest.Length > 0 ? "The system message is set." : "There is no system message now.");
                break;
            case "/seed":
                _options = _options with
                {
                    Seed = int.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seed)
                    ? seed : throw new InputException($"/seed needs a whole number, not '{rest}'."),
                };
                notes.WriteLine($"The seed is {_options.Seed}.");
                break;
            case "/adapter":
                session.IsAdapterOn = !hasAdapter ? throw new InputException("There is no adapter; start with --adapter DIR.")
                    : rest switch { "on" => true, "off" => false, _ => throw new InputException($"/adapter is on or off, not '{rest}'.") };
                notes.WriteLine($"The adapter is {rest}.");
                break;
            default:
                throw new InputException($"There is no command '{command}'; /help lists them.");
        }
    }
}
