using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;

namespace Farsight.Cli.Output;

/// <summary>Takes the lines of a chat: commands, and messages to the model.</summary>
/// <param name="model">Answers.</param>
/// <param name="options">How answers are generated.</param>
/// <param name="output">Receives the answers.</param>
/// <param name="notes">Receives messages about them.</param>
/// <param name="writesJson">Writes one object per turn instead of streamed text.</param>
/// <param name="switchAdapter">Switches the adapter on or off; null without an adapter.</param>
sealed class ChatLoop(
    ILanguageModel model, GenerationOptions options, TextWriter output, TextWriter notes, bool writesJson, Action<bool>? switchAdapter)
{
    const string Help = """
        /adapter on|off  Turn the adapter on or off, starting with the next answer.
        /reset           Start a new conversation.
        /system TEXT     Set the system message. Without TEXT, remove it.
        /seed N          Set the random seed of the next answers.
        /quit            Exit.
        """;

    readonly List<ChatTurn> _turns = [];
    GenerationOptions _options = options;
    int _answers;

    /// <summary>The system message; null for none.</summary>
    internal string? System { get; set; }

    /// <summary>The conversation without the system message.</summary>
    internal IReadOnlyList<ChatTurn> Turns => _turns;

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
        catch (PromptTooLongException e)
        {
            Failed = true;
            notes.WriteLine(
                $"The context window is full: the conversation has {e.PromptTokens} tokens, the window {e.Window}. "
                    + "/reset starts a new one; --rope extends the window."
            );
            return true;
        }
        catch (InputException e)
        {
            Failed = true;
            notes.WriteLine(e.Message);
            return true;
        }
    }

    /// <summary>Answers a message. Both become part of the conversation, the answer as far as it was generated.</summary>
    Completion Answer(string message, CancellationToken cancel)
    {
        ChatTurn[] system = System is { } text ? [new("system", text)] : [];
        CompletionRequest request = new(new Prompt.Chat([.. system, .. _turns, new("user", message)]), _options)
        {
            Random = SeededRandom.For((int)(_options.Seed ?? 0), "generate", _answers), // each answer draws for itself
            OnText = writesJson ? null : Show,
            KeepsPrefix = true,
        };
        Completion answer = model.CompleteAsync([request], cancel).GetAwaiter().GetResult()[0];
        _answers++;
        _turns.AddRange([new("user", message), new("assistant", answer.Text)]);
        output.WriteLine(writesJson ? GeneratedJson.Of(answer) : "");
        output.Flush();
        if (answer.FinishReason == FinishReason.Length && answer.Tokens.Count < _options.MaxNewTokens)
        {
            notes.WriteLine(
                $"The context window of {answer.PromptTokens.Count + answer.Tokens.Count} tokens is full; the answer ends there. "
                    + "/reset starts a new conversation."
            );
        }
        return answer;
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
                _turns.Clear();
                notes.WriteLine("A new conversation starts.");
                break;
            case "/system":
                System = rest.Length > 0 ? rest : null;
                notes.WriteLine(rest.Length > 0 ? "The system message is set." : "The system message is removed.");
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
                bool isOn = switchAdapter is null ? throw new InputException("There is no adapter; start the chat with --adapter DIR.")
                    : rest switch
                    {
                        "on" => true,
                        "off" => false,
                        _ => throw new InputException($"/adapter takes 'on' or 'off', not '{rest}'."),
                    };
                switchAdapter(isOn);
                notes.WriteLine($"The adapter is {rest}.");
                break;
            default:
                throw new InputException($"There is no command '{command}'; /help lists them.");
        }
    }
}
