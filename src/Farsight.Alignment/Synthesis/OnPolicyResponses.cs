using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>Samples rejected responses from all chunks of a context, and keeps those that are verified as wrong.</summary>
/// <remarks>
/// The policy's own errors are what it must unlearn. Responses from other chunks are soon far less likely than the chosen one, and then
/// teach nothing. The wrong responses closest in words and length to the chosen one are kept, so that the answer and not its form
/// distinguishes them.
/// </remarks>
/// <param name="context">The context and its question.</param>
/// <param name="rules">The rules for responses.</param>
/// <param name="judge">Verifies responses to a question without a known answer; null for no judge.</param>
/// <param name="relevant">The relevant chunks as text, for the judge.</param>
sealed class OnPolicyResponses(SampleContext context, ResponseRules rules, QualityJudge? judge, string relevant)
{
    const int DrawsPerResponse = 4, MaxRounds = 3;
    const double WarmerEachRound = 0.1;

    readonly List<string> _wrong = [];
    readonly List<string> _faults = [];

    /// <summary>A reason for each response that could not be used.</summary>
    internal IReadOnlyList<string> Faults => _faults;

    /// <summary>Samples until there are enough wrong responses.</summary>
    /// <param name="ask">Answers the requests.</param>
    /// <param name="chosen">The chosen response.</param>
    /// <param name="positions">[P] positions of the prompt; null for 0, 1, 2, ….</param>
    /// <param name="cancel">Cancels the judge.</param>
    /// <returns>[M] the responses, closest to the chosen one first; null if there are too few.</returns>
    internal async Task<IReadOnlyList<string>?> Find(AskModel ask, string chosen, IReadOnlyList<int>? positions, CancellationToken cancel)
    {
        int[] all = [.. context.Chunks.SelectMany(c => c.Tokens)];
        for (int round = 0; round < MaxRounds && _wrong.Count < rules.Rejected; round++)
        {
            double temperature = rules.Temperature * (1 + (WarmerEachRound * round));
            ResponseRequest[] draws =
            [
                .. Enumerable.Range(0, DrawsPerResponse * rules.Rejected).Select(draw => new ResponseRequest(
                    all, context.Question, rules.MaxNewTokens, temperature, RandomOf(round, draw)) { Positions = positions }),
            ];
            foreach (string? text in await ask(draws).ConfigureAwait(false))
            {
                if (await Fault(text, chosen, cancel).ConfigureAwait(false) is { } fault)
                {
                    _faults.Add(fault);
                }
                else
                {
                    _wrong.Add(text!);
                }
            }
        }
        return _wrong.Count < rules.Rejected
            ? null
            : [.. _wrong.OrderBy(w => AnswerAgreement.Difference(w, chosen)).Take(rules.Rejected)];
    }

    SeededRandom RandomOf(int round, int draw) => context.At.Random(rules.Seed, $"synth logo/on policy {round}/{draw}");

    async Task<string?> Fault(string? text, string chosen, CancellationToken cancel) =>
        text is null ? DropReason.RejectedNoEnd
        : text.Length == 0 ? DropReason.RejectedEmpty
        : _wrong.Contains(text) ? DropReason.RejectedRepeated
        : EqualResponses.Check(chosen, text) is not null ? DropReason.RejectedIsGold
        : ResponseReason.Of("rejected", ShortResponse.Check(text) ?? RepetitionLoop.Check(text))
            ?? (context.KnownAnswer is { } known ? FaultByAnswer(text, known) : await FaultByJudge(text, cancel).ConfigureAwait(false));

    string? FaultByAnswer(string text, string known)
    {
        bool isRight = AnswerAgreement.Repeats(text, known)
            || (context.Origin != QuestionOrigin.Fact && (AnswerAgreement.Agrees(text, known) || AnswerAgreement.Repeats(known, text)));
        return isRight ? DropReason.RejectedIsGold : null;
    }

    async Task<string?> FaultByJudge(string text, CancellationToken cancel)
    {
        JudgeVerdict? verdict = judge is null ? null : await judge.Judge(context.Question, text, [relevant], cancel).ConfigureAwait(false);
        return verdict is null || QualityJudge.IsUnreadable(verdict) ? DropReason.RejectedUnverified
            : verdict.Accepted ? DropReason.RejectedIsGold
            : null;
    }
}
