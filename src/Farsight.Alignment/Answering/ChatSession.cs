using Farsight.Engine;
using Farsight.Engine.Inference;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Answering;

/// <summary>A conversation with a model of this process; what earlier turns computed is kept. For one thread.</summary>
/// <param name="model">Nobody else uses it meanwhile; not disposed here.</param>
public sealed class ChatSession(LoadedModel model) : IDisposable
{
    readonly List<ChatTurn> _turns = [];
    readonly List<int> _computed = [];
    DecodingBatch? _batch;
    int _capacity;
    int _answers;

    /// <summary>What was said, without the system message.</summary>
    public IReadOnlyList<ChatTurn> Turns => _turns;

    /// <summary>The system message, or null.</summary>
    public string? System { get; set; }

    /// <summary>Whether the model's adapter takes part.</summary>
    public bool IsAdapterOn
    {
        get => model.Model.IsAdapterOn;
        set
        {
            if (value != model.Model.IsAdapterOn)
            {
                model.Model.IsAdapterOn = value;
                Forget(0);
            }
        }
    }

    /// <summary>Starts anew; the system message stays.</summary>
    public void Reset() => _turns.Clear();

    /// <summary>Says something and generates the answer. Both become part of the conversation, the answer as far as it came.</summary>
    /// <param name="user">What the user says.</param>
    /// <param name="options">How the answer is generated; each answer has draws of its own.</param>
    /// <param name="onText">Receives the text that is now certain.</param>
    /// <param name="cancel">Ends the answer where it is.</param>
    /// <exception cref="InputException">The conversation fills the context window, or the chat template refuses it; what was said is not
    /// kept.</exception>
    public GeneratedText Answer(string user, TextOptions options, Action<string>? onText, CancellationToken cancel)
    {
        options.Check();
        ChatTurn[] system = System is null ? [] : [new("system", System)];
        int[] prompt = model.Format.Conversation([.. system, .. _turns, new("user", user)]);
        int window = model.Model.Config.MaxPositionEmbeddings;
        if (prompt.Length >= window)
        {
            throw new InputException(
                $"The context window is full: the conversation has {prompt.Length} tokens, the window {window}. Start anew, or widen the window with --rope."
            );
        }
        GeneratedText answer = Generate(prompt, Math.Min(options.MaxNewTokens, window - prompt.Length), options, onText, cancel);
        _turns.AddRange([new("user", user), new("assistant", answer.Text)]);
        return answer;
    }

    /// <inheritdoc/>
    public void Dispose() => _batch?.Dispose();

    GeneratedText Generate(int[] prompt, int most, TextOptions options, Action<string>? onText, CancellationToken cancel)
    {
        GrowingText text = new(prompt, model.StartOfText(isRaw: false), options, _answers++);
        int known = Prepare(prompt, most);
        int[] next = prompt[known..];
        try
        {
            while (text.Finish is null)
            {
                _batch!.Extend([new(0, next)], (_, logits) =>
                {
                    string certain = text.Take(logits, most);
                    if (certain.Length > 0)
                    {
                        onText?.Invoke(certain);
                    }
                }, cancel);
                _computed.AddRange(next);
                next = text.Finish is null ? [text.LastToken] : [];
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Forget(_batch!.LengthOf(0) == _computed.Count ? _computed.Count : 0);
        }
        return text.Result;
    }

    /// <summary>Makes room, and keeps what the prompt shares with what is computed; returns how many of its tokens that are.</summary>
    int Prepare(int[] prompt, int most)
    {
        if (_batch is null || prompt.Length + most > _capacity)
        {
            _batch?.Dispose();
            _capacity = Math.Min(2 * (prompt.Length + most), model.Model.Config.MaxPositionEmbeddings);
            _batch = new(model.Model, [_capacity]);
            _computed.Clear();
        }
        int known = 0;
        while (known < Math.Min(_computed.Count, prompt.Length - 1) && _computed[known] == prompt[known])
        {
            known++;
        }
        Forget(known);
        return _computed.Count;
    }

    void Forget(int from)
    {
        int kept = _batch?.Rewind(0, Math.Min(from, _batch.LengthOf(0))) ?? 0;
        _computed.RemoveRange(Math.Min(kept, _computed.Count), Math.Max(0, _computed.Count - kept));
    }
}
