using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Makes one sample: keeps its responses, and requests the missing ones.</summary>
sealed class SampleAttempt
{
    const int MaxChosen = 2;
    const int MaxRejected = 5; // one, and four more
    const int MaxParts = 3; // views of a rejected response with relevant parts
    const double WarmerEachTime = 0.1;

    readonly ResponseViews _views;
    readonly ResponseRules _rules;
    readonly SampleContext _context;
    readonly Slot _chosen;
    readonly Slot[] _rejected;
    readonly List<string> _resampled = [];
    string? _dropped; // null while the sample can still succeed

    internal SampleAttempt(SampleContext context, ResponseViews views, ResponseRules rules)
    {
        (_context, _views, _rules) = (context, views, rules);
        _chosen = new(views.Relevant(context), 0);
        SeededRandom random = context.At.Random(rules.Seed, "synth logo/views");
        _rejected = new Slot[rules.Negatives == Negatives.OnPolicy ? 0 : rules.Rejected];
        for (int j = 0; j < _rejected.Length; j++)
        {
            _rejected[j] = new(ResponseViews.Rejected(context, rules.Negatives, j, ref random), j + 1);
        }
        if (rules.Chosen == ChosenSource.Gold)
        {
            Judge(_chosen, context.Gold.Trim());
        }
    }

    IEnumerable<Slot> Slots => [_chosen, .. _rejected];

    /// <summary>Views whose prompts must fit the window.</summary>
    IEnumerable<ResponseView> Views =>
    [
        .. Slots.Select(s => s.View),
        .. _rules is { Negatives: Negatives.OnPolicy, IsLimited: true } ? new[] { ResponseViews.All(_context) } : [],
    ];

    IEnumerable<Slot> Open => _dropped is null ? Slots.Where(s => s.Text is null) : [];

    /// <summary>Requests the responses, and again the unusable ones, until all are usable or one is given up.</summary>
    /// <param name="ask">Answers the requests.</param>
    /// <param name="judge">Judges the chosen response at the end; null for no judge.</param>
    /// <param name="prompt">Formats context and question for people.</param>
    /// <param name="cancel">Cancels the judge.</param>
    internal async Task<SampleOutcome> Run(AskModel ask, QualityJudge? judge, Func<SampleContext, string> prompt, CancellationToken cancel)
    {
        _dropped ??= Views.All(v => _views.Fits(_context, v)) ? null : DropReason.PromptTooLong;
        for (Slot[] open; (open = [.. Open]).Length > 0;)
        {
            IReadOnlyList<string?> texts = await ask([.. open.Select(Ask)]).ConfigureAwait(false);
            foreach ((Slot slot, string? text) in open.Zip(texts))
            {
                if (_dropped is null)
                {
                    Judge(slot, text);
                }
            }
        }
        JudgeVerdict? verdict = null;
        if (_dropped is null && judge is not null)
        {
            verdict = await judge.Judge(_context.Question, _chosen.Text!, [_views.TextOf(_chosen.View)], cancel).ConfigureAwait(false);
            _dropped = verdict.Accepted ? null : QualityJudge.Reason;
        }
        IReadOnlyList<string> rejected = [.. _rejected.Select(r => r.Text!)];
        SeenChunks seen = new(_chosen.View.Seen, [.. _rejected.Select(r => r.View.Seen)]);
        if (_dropped is null && _rules.Negatives == Negatives.OnPolicy)
        {
            rejected = await OnPolicy(ask, judge, cancel).ConfigureAwait(false);
            seen = seen with { Rejected = [.. rejected.Select(_ => ResponseViews.All(_context).Seen)] };
        }
        return new(_context, _dropped is null ? Sample(rejected, seen, prompt, verdict) : null, _dropped, _resampled);
    }

    /// <summary>Samples the rejected responses from all chunks; the sample is dropped if there are too few.</summary>
    async Task<IReadOnlyList<string>> OnPolicy(AskModel ask, QualityJudge? judge, CancellationToken cancel)
    {
        OnPolicyResponses responses = new(_context, _rules, judge, _views.TextOf(_chosen.View));
        int[]? positions = _views.PositionsOf(_context, _rules.Positions, _context.At.Random(_rules.Seed, "synth logo/positions"));
        IReadOnlyList<string>? found = await responses.Find(ask, _chosen.Text!, positions, cancel).ConfigureAwait(false);
        _resampled.AddRange(responses.Faults);
        _dropped = found is null ? responses.Faults.CountBy(f => f).MaxBy(f => f.Value).Key : null;
        return found ?? [];
    }

    PreferenceSample Sample(
        IReadOnlyList<string> rejected, SeenChunks seen, Func<SampleContext, string> prompt, JudgeVerdict? verdict)
    {
        SampleTry at = _context.At;
        InsertedFact? fact = _context.Asked is { } asked ? new(asked.Needle.Sentence, asked.Needle.Value, asked.Chunk) : null;
        SampleProvenance provenance = new(
            [.. _context.Chunks.Select(c => c.Document).Distinct()],
            _rules.Seed,
            at.Number,
            seen,
            new(_rules.Generator, _rules.Temperature, _rules.MaxNewTokens),
            fact,
            verdict,
            _context.Origin,
            at.Try > 0 ? at.Try : null,
            _rules.Chosen == ChosenSource.Gold ? true : null);
        return new(
            $"logo-{_rules.Seed}-{at.Number}",
            _context.Chunks,
            _context.Question,
            _chosen.Text!,
            rejected,
            provenance,
            prompt(_context));
    }

    ResponseRequest Ask(Slot slot)
    {
        // Greedy from the same chunks would be the same again.
        bool isGreedy = slot == _chosen && !slot.SameView;
        double temperature = isGreedy ? 0 : _rules.Temperature * (1 + (WarmerEachTime * slot.Attempts));
        return new(
            slot.View.Context, _context.Question, _rules.MaxNewTokens, temperature,
            _context.At.Random(_rules.Seed, $"synth logo/response {slot.Number}/{slot.Attempts}"));
    }

    void Judge(Slot slot, string? text)
    {
        slot.Attempts++;
        string? fault = slot == _chosen ? FaultOfChosen(text) : FaultOfRejected(text);
        if (fault is null)
        {
            slot.Text = text;
        }
        else if (slot.Attempts >= (slot != _chosen ? MaxRejected : _rules.Chosen == ChosenSource.Gold ? 1 : MaxChosen))
        {
            _dropped = fault;
        }
        else
        {
            Again(slot, fault);
        }
        if (slot == _chosen && fault is null)
        {
            ReopenRepeated();
        }
    }

    void Again(Slot slot, string fault)
    {
        _resampled.Add(fault);
        if (slot == _chosen)
        {
            slot.Show(ResponseViews.Gold(_context));
        }
        else if (fault == DropReason.RejectedIsGold)
        {
            ShowLess(slot);
        }
    }

    /// <summary>Changes the view after a right answer from part of the relevant text: to another part, and later to none of it.</summary>
    void ShowLess(Slot slot)
    {
        SeededRandom random = _context.At.Random(_rules.Seed, $"synth logo/views {slot.Number}/{slot.Attempts}");
        if (_context.Origin != QuestionOrigin.Fact)
        {
            int number = slot.Attempts < MaxParts ? slot.Number - 1 : 0;
            slot.Show(ResponseViews.Rejected(_context, _rules.Negatives, number, ref random));
        }
    }

    /// <summary>Requests rejected responses again that came before the chosen one and say the same.</summary>
    void ReopenRepeated()
    {
        foreach (Slot slot in _rejected.Where(r => r.Text is { } text && IsRight(text)))
        {
            (slot.Text, _dropped) = (null, slot.Attempts >= MaxRejected ? DropReason.RejectedIsGold : _dropped);
            Again(slot, DropReason.RejectedIsGold);
        }
    }

    string? FaultOfChosen(string? text) =>
        _context.Origin switch
        {
            QuestionOrigin.Fact => text == _context.Gold.Trim() ? null : DropReason.ChosenWrong,
            _ when text is null => DropReason.ChosenNoEnd,
            _ when text.Length == 0 => DropReason.ChosenEmpty,
            _ when _rules.Chosen == ChosenSource.Gold => AnswerAgreement.IsMadeOf(text, _context.Question, _views.TextOf(_chosen.View))
                ? null
                : DropReason.GoldNotFound,
            QuestionOrigin.Document when AnswerAgreement.IsComparable(_context.Gold) && !AnswerAgreement.Agrees(text, _context.Gold) =>
                DropReason.ChosenWrong,
            _ => ResponseReason.Of("chosen", ResponseFilters.OfChosen(_context.Question, text, [_views.TextOf(_chosen.View)])),
        };

    string? FaultOfRejected(string? text) =>
        text is null ? DropReason.RejectedNoEnd
        : text.Length == 0 ? DropReason.RejectedEmpty
        : IsRight(text) ? DropReason.RejectedIsGold
        : _rejected.Any(r => r.Text == text) ? DropReason.RejectedRepeated
        : ResponseReason.Of("rejected", ShortResponse.Check(text) ?? RepetitionLoop.Check(text));

    bool IsRight(string text) =>
        _context.Origin == QuestionOrigin.Fact
            ? text == _context.Gold.Trim()
            : (_chosen.Text is { } chosen && AnswerAgreement.Repeats(text, chosen))
                || (
                    _context.Origin == QuestionOrigin.Document
                    && AnswerAgreement.IsComparable(_context.Gold)
                    && AnswerAgreement.Repeats(text, _context.Gold));

    /// <summary>Represents a response that is requested.</summary>
    sealed class Slot(ResponseView view, int number)
    {
        internal int Number { get; } = number; // 0 for the chosen one
        internal ResponseView View { get; private set; } = view;
        internal bool SameView { get; private set; }
        internal int Attempts { get; set; }
        internal string? Text { get; set; }

        internal void Show(ResponseView view) => (SameView, View) = (view.Seen.SequenceEqual(View.Seen), view);
    }
}

/// <summary>Holds the rules for responses.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Rejected">M, rejected responses per sample.</param>
/// <param name="Temperature">Sampling temperature for rejected responses.</param>
/// <param name="MaxNewTokens">Maximum tokens per response.</param>
/// <param name="Generator">Name of the model.</param>
/// <param name="Chosen">Source of the chosen responses.</param>
sealed record ResponseRules(
    int Seed,
    int Rejected,
    double Temperature,
    int MaxNewTokens,
    string Generator,
    ChosenSource Chosen = ChosenSource.Model)
{
    /// <summary>What rejected responses are written from.</summary>
    internal Negatives Negatives { get; init; }

    /// <summary>Positions of on-policy prompts; null for 0, 1, 2, ….</summary>
    internal IPositionScheme? Positions { get; init; }

    /// <summary>Whether prompts with all chunks must fit the window; a local model can be asked beyond it.</summary>
    internal bool IsLimited { get; init; }
}
