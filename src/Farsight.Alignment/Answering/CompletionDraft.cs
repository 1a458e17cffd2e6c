using System.Text;
using Farsight.Engine;
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
    readonly Dictionary<int, int> _counts = []; // how often the completion has each token, for penalties
    readonly List<(ScoredToken Token, int Start)> _scored = []; // with the length of the text before each
    readonly List<ScoredToken> _promptScores = [];
    readonly StringBuilder _text = new();
    readonly bool _isPlain;
    float[]? _logits;
    SeededRandom _random;
    int? _stopToken;
    FinishReason? _finish;
    int _certain; // characters that no stop text can remove
    int _passedScores;
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
        _isPlain = _options is { RepetitionPenalty: 1, PresencePenalty: 0, FrequencyPenalty: 0, LogitBias.Count: 0 };
        _random = request.Random ?? SeededRandom.For(unchecked((int)(_options.Seed ?? 0)), "generate", 0);
    }

    internal IReadOnlyList<int> Prompt { get; }

    internal int MaxNewTokens { get; }

    /// <summary>The new tokens so far, without the stop token.</summary>
    internal IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Chooses the next token; returns it, or null when the completion has ended.</summary>
    /// <param name="logits">[V]</param>
    internal int? Take(ReadOnlySpan<float> logits)
    {
        int token = Choose(logits);
        ScoredToken? scored = _request.TopLogProbs is { } top ? ScoredToken.Of(logits, token, top) : null;
        int start = _text.Length;
        if (_request.Given is null && _stopTokens.Contains(token))
        {
            _stopToken = token;
            Record(scored, start);
            End(FinishReason.Stop);
            return null;
        }
        _tokens.Add(token);
        Append(_decoder.Append(token));
        Record(scored, start);
        _request.Constraint?.Append(token);
        PassOnUntilStop();
        if (_finish is null && _request.Constraint is { IsOver: true })
        {
            End(FinishReason.Stop);
        }
        if (_finish is null && _tokens.Count >= MaxNewTokens)
        {
            End(FinishReason.Length);
        }
        return _finish is null ? token : null;
    }

    /// <summary>Records the log-probability of a prompt's token.</summary>
    /// <param name="index">Index of the token, at least 1; called in order.</param>
    /// <param name="logits">[V] logits after the token before it.</param>
    internal void ScorePrompt(int index, ReadOnlySpan<float> logits) =>
        _promptScores.Add(ScoredToken.Of(logits, Prompt[index], _request.TopLogProbs ?? 0));

    /// <summary>Whether the completion has ended.</summary>
    internal bool HasEnded => _finish is not null;

    /// <summary>The request of this completion.</summary>
    internal CompletionRequest Request => _request;

    /// <summary>Ends a completion that may have no new tokens.</summary>
    internal void EndWithoutTokens() => End(FinishReason.Length);

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
            LogProbs = [.. _scored.Take(_passedScores).Select(s => s.Token)],
            PromptLogProbs = _promptScores,
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
        bool canEnd = _tokens.Count >= _options.MinNewTokens;
        if (_isPlain && canEnd && _request.Constraint is null)
        {
            return _sampling.Choose(logits, ref _random);
        }
        _logits ??= new float[logits.Length];
        logits.CopyTo(_logits);
        Adjust(_logits);
        foreach (int stop in canEnd ? [] : _stopTokens)
        {
            _logits[stop] = float.NegativeInfinity;
        }
        int token = _sampling.Choose(_logits, ref _random);
        if (_request.Constraint is { } constraint && !IsAllowed(constraint, token))
        {
            token = ChooseAllowed(constraint, _logits);
        }
        _seen.Add(token);
        _counts[token] = _counts.GetValueOrDefault(token) + 1;
        return token;
    }

    /// <summary>Applies penalties and bias to logits.</summary>
    void Adjust(Span<float> logits)
    {
        if (_options.RepetitionPenalty != 1)
        {
            RepetitionPenalty.Apply(logits, _seen, (float)_options.RepetitionPenalty);
        }
        foreach ((int token, int count) in _counts)
        {
            logits[token] -= (float)(_options.PresencePenalty + count * _options.FrequencyPenalty);
        }
        foreach ((int token, float bias) in _options.LogitBias)
        {
            logits[token] += bias;
        }
    }

    /// <summary>Chooses among the allowed tokens. Called only where the first choice is not one, because testing all takes time.</summary>
    /// <exception cref="InputException">No token is allowed.</exception>
    int ChooseAllowed(ITokenConstraint constraint, Span<float> logits)
    {
        bool isAny = false;
        for (int token = 0; token < logits.Length; token++)
        {
            if (IsAllowed(constraint, token))
            {
                isAny |= logits[token] > float.NegativeInfinity;
            }
            else
            {
                logits[token] = float.NegativeInfinity;
            }
        }
        return isAny
            ? _sampling.Choose(logits, ref _random)
            : throw new InputException("No token of the vocabulary continues the text as the constraint demands; use another constraint.");
    }

    bool IsAllowed(ITokenConstraint constraint, int token) =>
        _stopTokens.Contains(token) ? constraint.CanEnd : constraint.Allows(token);

    void Record(ScoredToken? scored, int start)
    {
        if (scored is not null)
        {
            _scored.Add((scored with { Text = _text.ToString(start, _text.Length - start) }, start));
        }
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
        int scores = _passedScores;
        while (scores < _scored.Count && (_scored[scores].Start < end || (_finish is not null && end == _text.Length)))
        {
            scores++;
        }
        if (end > _certain || scores > _passedScores)
        {
            string text = _text.ToString(_certain, end - _certain);
            _certain = end;
            IEnumerable<ScoredToken> passed = _scored.Skip(_passedScores).Take(scores - _passedScores).Select(s => s.Token);
            _passedScores = scores;
            if (text.Length > 0)
            {
                _request.OnText?.Invoke(text);
            }
            _request.OnPart?.Invoke(new(text, [.. passed]));
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
