using System.Text;
using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>One text while it is generated: chooses tokens, decodes them, and knows when it ends.</summary>
sealed class GrowingText
{
    readonly TextOptions _options;
    readonly IReadOnlyCollection<int> _stopTokens;
    readonly StreamingDecoder _decoder;
    readonly string _lead;
    readonly HashSet<int> _seen;
    readonly List<int> _tokens = [];
    readonly StringBuilder _text = new();
    readonly float[] _logits;
    SeededRandom _random;
    int _given;
    bool _begun;

    /// <summary>Starts after a prompt.</summary>
    /// <param name="prompt">[P] its tokens.</param>
    /// <param name="start">How the new tokens become text, and what ends them.</param>
    /// <param name="options">How they are chosen.</param>
    /// <param name="index">Number among the texts that are generated together; each has random numbers of its own.</param>
    internal GrowingText(IReadOnlyList<int> prompt, TextStart start, TextOptions options, int index)
    {
        (Prompt, _options, _stopTokens, _lead) = (prompt, options, start.StopTokens, start.Lead);
        _decoder = start.Decoder(prompt);
        _seen = options.RepetitionPenalty == 1 ? [] : [.. prompt];
        _logits = options.RepetitionPenalty == 1 ? [] : new float[start.Vocabulary];
        _random = SeededRandom.For(options.Seed, "generate", index);
    }

    internal IReadOnlyList<int> Prompt { get; }

    /// <summary>Why it ended; null while it goes on.</summary>
    internal FinishReason? Finish { get; private set; }

    internal int LastToken => _tokens[^1];

    /// <summary>What there is so far.</summary>
    internal GeneratedText Result => new(Prompt, _tokens, _text.ToString(0, _given), Finish ?? FinishReason.Cancelled);

    /// <summary>Chooses the next token; returns the text that is now certain.</summary>
    /// <param name="logits">[V]</param>
    /// <param name="most">Tokens that it may have at most.</param>
    internal string Take(ReadOnlySpan<float> logits, int most)
    {
        int token = Choose(logits);
        if (_stopTokens.Contains(token))
        {
            return End(FinishReason.Stop);
        }
        _tokens.Add(token);
        Append(_decoder.Append(token));
        string certain = GiveUntilStop();
        return Finish is null && _tokens.Count >= most ? certain + End(FinishReason.Length) : certain;
    }

    int Choose(ReadOnlySpan<float> logits)
    {
        if (_logits.Length == 0)
        {
            return _options.Sampling.Choose(logits, ref _random);
        }
        logits.CopyTo(_logits);
        RepetitionPenalty.Apply(_logits, _seen, (float)_options.RepetitionPenalty);
        int token = _options.Sampling.Choose(_logits, ref _random);
        _seen.Add(token);
        return token;
    }

    void Append(string text)
    {
        bool isFirst = !_begun && text.Length > 0;
        _begun |= isFirst;
        _text.Append(isFirst && text.StartsWith(_lead, StringComparison.Ordinal) ? text[_lead.Length..] : text);
    }

    string End(FinishReason reason)
    {
        Append(_decoder.Finish());
        string certain = GiveUntilStop();
        if (Finish is null)
        {
            Finish = reason;
            certain += Give(_text.Length);
        }
        return certain;
    }

    /// <summary>Gives out what no stop text can still take away; ends before one that is whole.</summary>
    string GiveUntilStop()
    {
        if (_options.Stop.Count == 0)
        {
            return Give(_text.Length);
        }
        string rest = _text.ToString(_given, _text.Length - _given); // what was given out holds no beginning of a stop text
        int[] found = [.. _options.Stop.Select(s => rest.IndexOf(s, StringComparison.Ordinal)).Where(at => at >= 0)];
        if (found.Length > 0)
        {
            Finish = FinishReason.Stop;
            return Give(_given + found.Min());
        }
        int open = Enumerable
            .Range(0, rest.Length)
            .FirstOrDefault(at => _options.Stop.Any(s => s.StartsWith(rest[at..], StringComparison.Ordinal)), rest.Length);
        return Give(_given + open);
    }

    string Give(int end)
    {
        string certain = _text.ToString(_given, end - _given);
        _given = end;
        return certain;
    }
}

/// <summary>How new tokens become text, and what ends them.</summary>
/// <param name="Tokenizer">The model's.</param>
/// <param name="Vocabulary">V of the model.</param>
/// <param name="StopTokens">Tokens that end the text.</param>
/// <param name="Lead">What stands before every answer and is no part of it.</param>
/// <param name="ContinuesPrompt">The text goes on where the prompt's ends, which matters to the first space; else it is one of its
/// own.</param>
sealed record TextStart(Tokenizer Tokenizer, int Vocabulary, IReadOnlyCollection<int> StopTokens, string Lead, bool ContinuesPrompt)
{
    internal StreamingDecoder Decoder(IReadOnlyList<int> prompt)
    {
        StreamingDecoder decoder = new(Tokenizer);
        foreach (int token in ContinuesPrompt ? prompt : [])
        {
            decoder.Append(token);
        }
        return decoder;
    }
}
