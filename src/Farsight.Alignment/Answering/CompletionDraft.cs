using System.Text;
using Farsight.Engine.Inference;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Answering;

/// <summary>Builds one completion of a local model: chooses tokens, decodes them, and detects the end.</summary>
sealed class CompletionDraft
{
    readonly CompletionRequest _request;
    readonly GenerationOptions _options;
    readonly Sampling _sampling;
    readonly ModelConfig _config;
    readonly int[] _stopTokens;
    readonly StreamingDecoder _decoder;
    readonly string _lead;
    readonly HashSet<int> _seen;
    readonly List<int> _tokens = [];
    readonly List<int[]> _peaks = [];
    readonly StringBuilder _text = new();
    float[]? _logits;
    SeededRandom _random;
    int? _stopToken;
    FinishReason? _finish;
    int _certain; // characters that no stop text can remove
    bool _hasText;

    /// <summary>Creates an empty completion.</summary>
    /// <param name="request">The request.</param>
    /// <param name="prompt">[P] its tokens.</param>
    /// <param name="maxNewTokens">Maximum number of new tokens.</param>
    /// <param name="config">The model's.</param>
    /// <param name="frame">How the new tokens become text, and what ends them.</param>
    internal CompletionDraft(CompletionRequest request, IReadOnlyList<int> prompt, int maxNewTokens, ModelConfig config, AnswerFrame frame)
    {
        (_request, _options, _config, _lead) = (request, request.Options, config, frame.Lead);
        (Prompt, _sampling) = (prompt, _options.Sampling);
        MaxNewTokens = request.Given is { } given ? Math.Min(given.Count, maxNewTokens) : maxNewTokens;
        _stopTokens = [.. frame.StopTokens.Concat(_options.StopTokens).Where(t => t >= 0 && t < config.VocabSize).Distinct()];
        _decoder = frame.Decoder(prompt);
        _seen = _options.RepetitionPenalty == 1 ? [] : [.. prompt];
        _random = request.Random ?? SeededRandom.For(unchecked((int)(_options.Seed ?? 0)), "generate", 0);
    }

    internal IReadOnlyList<int> Prompt { get; }

    internal int MaxNewTokens { get; }

    /// <summary>Chooses the next token; returns it, or null when the completion has ended.</summary>
    /// <param name="logits">[V]</param>
    internal int? Take(ReadOnlySpan<float> logits)
    {
        int token = Choose(logits);
        if (_request.Given is null && _stopTokens.Contains(token))
        {
            _stopToken = token;
            End(FinishReason.Stop);
            return null;
        }
        _tokens.Add(token);
        Append(_decoder.Append(token));
        PassOnUntilStop();
        if (_finish is null && _tokens.Count >= MaxNewTokens)
        {
            End(FinishReason.Length);
        }
        return _finish is null ? token : null;
    }

    /// <summary>Records where the heads of a layer looked; called layer by layer before a token is chosen.</summary>
    internal void Observe(int layer, ReadOnlySpan<int> found)
    {
        if (_request.ObservesHeads)
        {
            if (layer == 0)
            {
                _peaks.Add(new int[_config.NumHiddenLayers * found.Length]);
            }
            found.CopyTo(_peaks[^1].AsSpan(layer * found.Length));
        }
    }

    /// <summary>Ends the completion where it is; text that was held back as the beginning of a stop text belongs to it.</summary>
    internal void Cancel()
    {
        if (_finish is null)
        {
            _finish = FinishReason.Cancelled;
            PassOn(_text.Length);
        }
    }

    /// <summary>Returns what was generated so far.</summary>
    internal Completion Read(double seconds)
    {
        int[] all = _stopToken is { } stop ? [.. _tokens, stop] : [.. _tokens];
        return new(_text.ToString(0, _certain), _finish ?? FinishReason.Cancelled)
        {
            PromptTokens = Prompt,
            Tokens = _tokens,
            StopToken = _stopToken,
            InputTokens = Prompt.Count,
            OutputTokens = all.Length,
            Seconds = seconds,
            Heads = _request.ObservesHeads
                ? new(_config.NumHiddenLayers, _config.NumAttentionHeads, Prompt, all, [.. _peaks.Take(all.Length)])
                : null,
        };
    }

    int Choose(ReadOnlySpan<float> logits)
    {
        if (_request.Given is { } given)
        {
            return given[_tokens.Count];
        }
        bool isPenalized = _options.RepetitionPenalty != 1, canEnd = _tokens.Count >= _options.MinNewTokens;
        if (!isPenalized && canEnd)
        {
            return _sampling.Choose(logits, ref _random);
        }
        _logits ??= new float[logits.Length];
        logits.CopyTo(_logits);
        if (isPenalized)
        {
            RepetitionPenalty.Apply(_logits, _seen, (float)_options.RepetitionPenalty);
        }
        foreach (int stop in canEnd ? [] : _stopTokens)
        {
            _logits[stop] = float.NegativeInfinity;
        }
        int token = _sampling.Choose(_logits, ref _random);
        _seen.Add(token);
        return token;
    }

    void Append(string text)
    {
        bool isFirst = !_hasText && text.Length > 0;
        _hasText |= isFirst;
        _text.Append(isFirst && text.StartsWith(_lead, StringComparison.Ordinal) ? text[_lead.Length..] : text);
    }

    void End(FinishReason reason)
    {
        Append(_decoder.Finish());
        PassOnUntilStop();
        if (_finish is null)
        {
            _finish = reason;
            PassOn(_text.Length);
        }
    }

    /// <summary>Passes on what no stop text can remove; ends before a whole one. In the minimum number of tokens no stop text
    /// counts.</summary>
    void PassOnUntilStop()
    {
        if (_options.Stop.Count == 0 || _tokens.Count <= _options.MinNewTokens)
        {
            PassOn(_text.Length);
            return;
        }
        string rest = _text.ToString(_certain, _text.Length - _certain); // what was passed on holds no beginning of one that counts
        int[] found = [.. _options.Stop.Select(s => rest.IndexOf(s, StringComparison.Ordinal)).Where(at => at >= 0)];
        if (found.Length > 0)
        {
            _finish = FinishReason.Stop;
            PassOn(_certain + found.Min());
            return;
        }
        int open = Enumerable
            .Range(0, rest.Length)
            .FirstOrDefault(at => _options.Stop.Any(s => s.StartsWith(rest[at..], StringComparison.Ordinal)), rest.Length);
        PassOn(_certain + open);
    }

    void PassOn(int end)
    {
        if (end > _certain)
        {
            _request.OnText?.Invoke(_text.ToString(_certain, end - _certain));
            _certain = end;
        }
    }
}

/// <summary>Describes how new tokens become text, and what ends them.</summary>
/// <param name="Tokenizer">The model's tokenizer.</param>
/// <param name="StopTokens">Tokens that end the text.</param>
/// <param name="Lead">Text before every answer that is not part of it.</param>
/// <param name="ContinuesPrompt">The text continues the prompt's, which matters to the first
/// space; otherwise it is a text of its own.</param>
sealed record AnswerFrame(Tokenizer Tokenizer, IReadOnlyCollection<int> StopTokens, string Lead, bool ContinuesPrompt)
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
