using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Makes one sample: each turn has a response from the chunk alone and one from the whole document.</summary>
/// <remarks>
/// Every turn is answered by itself, without the turns before it. Both responses are sampled alike, so that only the context distinguishes
/// them. An unusable response is sampled again. If that fails, its turn is dropped, and the sample is dropped if too few turns remain.
/// </remarks>
sealed class LongPoAttempt
{
    const int MaxChosen = 2, MaxRejected = 2;
    const int MinTurns = 2; // of a sample that was to have several
    const int MinWords = 2; // of a response
    const double MinWarm = 0.8, WarmerEachTime = 0.1;

    readonly SynthesisModel _model;
    readonly LongPoSettings _settings;
    readonly LongPoDraft _draft;
    readonly Turn[] _turns;
    readonly List<string> _resampled = [];
    string? _dropped; // null while the sample can still succeed

    IEnumerable<Turn> Kept => _turns.Where(t => t.Fault is null);

    internal LongPoAttempt(LongPoDraft draft, SynthesisModel model, LongPoSettings settings)
    {
        (_draft, _model, _settings) = (draft, model, settings);
        _turns = [.. draft.Turns.Select(t => new Turn(t, model.Tokenizer.Decode(draft.Context[t.Chunk].Tokens)))];
    }

    /// <summary>Requests responses until all are usable or the sample is dropped.</summary>
    /// <param name="ask">Answers the requests.</param>
    /// <param name="limit">Maximum tokens of a prompt with its response.</param>
    internal async Task<SampleOutcome> Run(AskModel ask, int limit)
    {
        _dropped = _draft.Turns.All(t => _model.Format.Prompt(_draft.Long, t.Question).Length + _settings.MaxNewTokens <= limit)
            ? null
            : DropReason.PromptTooLong;
        for ((int Turn, Slot Slot)[] open; (open = [.. Open()]).Length > 0;)
        {
            IReadOnlyList<string?> texts = await ask([.. open.Select(o => Ask(o.Turn, o.Slot))]).ConfigureAwait(false);
            foreach (((_, Slot slot), string? text) in open.Zip(texts))
            {
                (slot.Answer, slot.IsAnswered, slot.Attempts) = (text, true, slot.Attempts + 1);
            }
            foreach (Turn turn in Kept.ToArray())
            {
                Judge(turn);
            }
            _dropped = Kept.Count() >= Math.Min(MinTurns, _turns.Length) ? null : _turns.First(t => t.Fault is not null).Fault;
        }
        return new(null, _dropped is null ? Sample() : null, _dropped, _resampled)
        {
            LeftOut = _dropped is null ? [.. _turns.Select(t => t.Fault).OfType<string>()] : [],
        };
    }

    IEnumerable<(int, Slot)> Open() =>
        _dropped is null
            ? _turns
                .Index()
                .Where(t => t.Item.Fault is null)
                .SelectMany(t => new[] { (t.Index, t.Item.Chosen), (t.Index, t.Item.Rejected) })
                .Where(s => !s.Item2.IsAnswered)
            : [];

    ResponseRequest Ask(int number, Slot slot)
    {
        TurnDraft turn = _draft.Turns[number];
        bool isChosen = slot == _turns[number].Chosen;
        double temperature =
            slot.Attempts == 0
                ? _settings.Temperature
                : Math.Max(_settings.Temperature, MinWarm) * (1 + (WarmerEachTime * (slot.Attempts - 1)));
        return new(
            isChosen ? _draft.Context[turn.Chunk].Tokens : _draft.Long, turn.Question, _settings.MaxNewTokens, temperature,
            _draft.At.Random(_settings.Seed, $"synth longpo/{(isChosen ? "chosen" : "rejected")} {number}/{slot.Attempts}"));
    }

    void Judge(Turn turn)
    {
        if (!turn.Chosen.IsGood)
        {
            Settle(turn, turn.Chosen, FaultOfChosen(turn), MaxChosen);
        }
        if (turn.Chosen.IsGood && !turn.Rejected.IsGood)
        {
            // a rejected response is compared with the chosen one, so it waits for it
            Settle(turn, turn.Rejected, FaultOfRejected(turn), MaxRejected);
        }
    }

    void Settle(Turn turn, Slot slot, string? fault, int most)
    {
        (slot.IsGood, slot.IsAnswered) = (fault is null, fault is null);
        if (fault is not null && slot.Attempts >= most)
        {
            turn.Fault = fault;
        }
        else if (fault is not null)
        {
            _resampled.Add(fault);
        }
    }

    static string? FaultOfChosen(Turn turn) =>
        (turn.Draft, turn.Chosen.Answer) switch
        {
            ({ Origin: QuestionOrigin.Fact } fact, var text) => text == fact.Gold!.Trim() ? null : DropReason.ChosenWrong,
            (_, null) => DropReason.ChosenNoEnd,
            ({ Gold: { } gold }, var text) when AnswerAgreement.IsComparable(gold) && !AnswerAgreement.Agrees(text, gold) =>
                DropReason.ChosenWrong,
            var (draft, text) => ResponseReason.Of(
                "chosen",
                ShortResponse.Check(text, MinWords) ?? ResponseFilters.OfChosen(draft.Question, text, [turn.Text])),
        };

    static string? FaultOfRejected(Turn turn) =>
        turn.Rejected.Answer switch
        {
            null => DropReason.RejectedNoEnd,
            var text when EqualResponses.Check(turn.Chosen.Answer!, text) is { } equal => equal.Reason,
            var text when turn.Draft.Gold is { } gold && AnswerAgreement.IsComparable(gold) && AnswerAgreement.Repeats(text, gold) =>
                DropReason.RejectedIsGold,
            var text => ResponseReason.Of("rejected", ShortResponse.Check(text, MinWords) ?? RepetitionLoop.Check(text)),
        };

    PreferenceSample Sample()
    {
        SampleTry at = _draft.At;
        PreferenceTurn[] turns = [.. Kept.Select(Finished)];
        PreferenceTurn first = turns[0];
        SampleProvenance provenance = new(
            [.. _draft.Context.Select(c => c.Document).Distinct()],
            _settings.Seed,
            at.Number,
            first.Seen,
            new(_settings.Generator, _settings.Temperature, _settings.MaxNewTokens),
            first.Fact,
            Question: first.Origin,
            Try: at.Try > 0 ? at.Try : null);
        return new(
            $"longpo-{_settings.Seed}-{at.Number}", _draft.Context, first.Question, first.Chosen, first.Rejected, provenance,
            _model.Readable(_draft.Context.Select(c => c.Tokens), first.Question), turns.Length > 1 ? turns[1..] : null);
    }

    PreferenceTurn Finished(Turn turn)
    {
        SeenChunks seen = new([turn.Draft.Chunk], [[.. Enumerable.Range(0, _draft.Context.Count)]]);
        return new(turn.Draft.Question, turn.Chosen.Answer!, [turn.Rejected.Answer!], seen, turn.Draft.Origin, turn.Draft.Fact);
    }

    /// <summary>Represents a turn with its responses.</summary>
    /// <param name="Draft">The question.</param>
    /// <param name="Text">Text of the chunk.</param>
    sealed record Turn(TurnDraft Draft, string Text)
    {
        /// <summary>The reason for dropping the turn; null to keep it.</summary>
        internal string? Fault { get; set; }

        internal Slot Chosen { get; } = new();

        internal Slot Rejected { get; } = new();
    }

    /// <summary>Represents a response that is requested.</summary>
    sealed class Slot
    {
        internal int Attempts { get; set; }
        internal string? Answer { get; set; }
        internal bool IsAnswered { get; set; }
        internal bool IsGood { get; set; }
    }
}
