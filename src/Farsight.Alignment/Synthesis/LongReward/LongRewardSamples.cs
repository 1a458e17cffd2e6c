using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Methods;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.LongReward;

/// <summary>Makes LongReward samples: several responses to a whole context, of which the judge's best and worst are a pair.</summary>
/// <remarks>Source: LongReward, arXiv:2410.21252; the prompts are ours. Pairs of equal reward are dropped.</remarks>
sealed class LongRewardSamples(MethodParts parts, LongRewardOptions options) : MethodSource(parts)
{
    private protected override async Task<SampleOutcome> Make(MethodTry attempt, CancellationToken cancel)
    {
        SeededRandom random = attempt.Random();
        SourceChunk about = Parts.Pool.DrawChunk(ref random);
        WrittenQuestion written = await attempt.AskDetail(about).ConfigureAwait(false);
        if (written.Fault is { } fault)
        {
            return attempt.Drop(fault);
        }
        SourceChunk[] others = Parts.Pool.DrawOthers(Parts.DrawCount(ref random) - 1, [about.Document], ref random);
        SourceChunk[] chunks = [about, .. others];
        random.Shuffle<SourceChunk>(chunks);
        IReadOnlyList<string?> replies = await attempt.AskAll(
            [.. Enumerable.Range(0, options.Candidates).Select(i => new MethodRequest($"response {i}", chunks, written.Question))])
            .ConfigureAwait(false);
        string[] responses = [.. replies.OfType<string>().Distinct()];
        if (responses.Length < 2)
        {
            return attempt.Drop(replies.Contains(null) ? DropReason.ChosenNoEnd : DropReason.RejectedRepeated);
        }
        RewardJudge judge = new(Parts, attempt, options.Judge, chunks, written.Question, cancel);
        await judge.Extract().ConfigureAwait(false);
        List<(string Response, double Reward)> scored = [];
        foreach (string response in responses)
        {
            if (await judge.Reward(response, scored.Count).ConfigureAwait(false) is { } reward)
            {
                scored.Add((response, reward));
            }
            else
            {
                attempt.Note(DropReason.ScoreUnparsed);
            }
        }
        if (scored.Count < 2)
        {
            return attempt.Drop(DropReason.ScoreUnparsed);
        }
        (string chosen, double most) = scored.MaxBy(s => s.Reward);
        (string rejected, double least) = scored.MinBy(s => s.Reward);
        int[] all = [.. Enumerable.Range(0, chunks.Length)];
        return most - least < options.Margin
            ? attempt.Drop(DropReason.NoMargin)
            : attempt.Keep(
                MixedContext.Of(chunks, [about]) with { Gold = all }, QuestionOrigin.SingleDetail, written.Question, chosen, [rejected],
                [all]);
    }
}

/// <summary>Rates responses to one prompt in four dimensions, each from 0 to 10.</summary>
/// <remarks>
/// Helpfulness and logicality are judged from question and response. Faithfulness is the share of the response's statements that the five
/// best chunks for each support. Completeness compares the response with everything that the context says about the question; this is
/// extracted once per prompt. The reward is the mean. A response without a factual statement has no faithfulness, and the mean is of the
/// other three. Chunks are found by shared terms instead of embeddings. A score stands in double brackets and is requested again, at most
/// five times.
/// </remarks>
/// <param name="parts">What every method needs.</param>
/// <param name="attempt">The try.</param>
/// <param name="judge">The judge; null for the model itself.</param>
/// <param name="chunks">The context.</param>
/// <param name="question">The question.</param>
/// <param name="cancel">Gives the requests to the judge up.</param>
sealed class RewardJudge(
    MethodParts parts, MethodTry attempt, ILanguageModel? judge, SourceChunk[] chunks, string question, CancellationToken cancel)
{
    const int MaxRequests = 5, ChunksPerStatement = 5, PieceTokens = 4096;
    const double FirstTemperature = 0.01, LaterTemperature = 0.95;

    const string Nothing = "no relevant information";

    static readonly IChunkScorer s_scorer = ChunkScorers.Open("evidence", null);

    readonly IChunkScores _scores = s_scorer.Read([.. chunks.Select(c => parts.TextOf([c]))], cancel);

    string _collected = "";

    /// <summary>Collects everything in the context that bears on the question.</summary>
    internal async Task Extract()
    {
        int perPiece = Math.Max(1, Math.Min(PieceTokens, parts.Model.Window / 2) / chunks[0].Tokens.Length);
        List<string> found = [];
        foreach ((int i, SourceChunk[] piece) in chunks.Chunk(perPiece).Index())
        {
            string? reply = await Ask(
                $"extract {i}", piece,
                $"Question: {question}\n\nCopy everything from this text that bears on the question, or write \"{Nothing}\".", 0)
                .ConfigureAwait(false);
            found.AddRange(reply is null || reply.Contains(Nothing, StringComparison.OrdinalIgnoreCase) ? [] : [reply]);
        }
        _collected = string.Join('\n', found);
    }

    /// <summary>Returns the reward of a response; null if the judge gives no score.</summary>
    internal async Task<double?> Reward(string response, int number)
    {
        string both = $"Question: {question}\n\nResponse: {response}\n\n";
        double? helpful = await Score(
            $"helpful {number}", [], both + "Rate from 0 to 10 how well the response meets the request.").ConfigureAwait(false);
        double? logical = await Score(
            $"logical {number}", [], both + "Rate from 0 to 10 how consistent the response is: its parts agree, its conclusions follow.")
            .ConfigureAwait(false);
        double? complete = await Score(
            $"complete {number}", [],
            $"Everything that a text says about the question:\n{_collected}\n\n{both}Rate from 0 to 10 how completely the response covers "
                + "this.").ConfigureAwait(false);
        (bool isRead, double? faithful) = await Faithfulness(response, number).ConfigureAwait(false);
        double?[] scores = faithful is null ? [helpful, logical, complete] : [helpful, logical, complete, faithful];
        return isRead && scores.All(s => s is not null) ? scores.Average() : null;
    }

    /// <summary>Returns the faithfulness; null for a response without statements. The flag is false if a statement got no score.</summary>
    async Task<(bool IsRead, double? Score)> Faithfulness(string response, int number)
    {
        string? list = await Ask(
            $"statements {number}", [],
            $"Response: {response}\n\nWrite each factual statement of the response on a line of its own, or \"none\".", 0)
            .ConfigureAwait(false);
        string[] statements =
        [
            .. (list ?? "").Split('\n').Select(l => l.Trim().TrimStart('-', '*', '•').Trim())
                .Where(l => l.Length > 0 && !l.TrimEnd('.').Equals("none", StringComparison.OrdinalIgnoreCase)),
        ];
        List<double> supported = [];
        foreach ((int i, string statement) in statements.Index())
        {
            double[] scores = _scores.Scores(statement, "", cancel);
            SourceChunk[] best =
            [
                .. Enumerable.Range(0, chunks.Length).OrderByDescending(k => scores[k]).Take(ChunksPerStatement).Order()
                    .Select(k => chunks[k]),
            ];
            double? score = await Score(
                $"faithful {number}/{i}", best,
                $"Statement: {statement}\n\nDoes this text support the statement? Rate 1 if it does, 0.5 if in part, 0 if not.")
                .ConfigureAwait(false);
            if (score is null)
            {
                return (false, null);
            }
            supported.Add(Math.Min(1, score.Value));
        }
        return (true, supported.Count == 0 ? null : 10 * supported.Average());
    }

    /// <summary>Requests a score in double brackets until one can be read.</summary>
    async Task<double?> Score(string purpose, IReadOnlyList<SourceChunk> seen, string instruction)
    {
        for (int i = 0; i < MaxRequests; i++)
        {
            string? reply = await Ask(
                string.Create(CultureInfo.InvariantCulture, $"{purpose}/{i}"), seen,
                $"{instruction} Write the rating in double brackets, like this: [[5]].",
                i == 0 ? FirstTemperature : LaterTemperature).ConfigureAwait(false);
            if (reply is not null && reply.LastIndexOf("[[", StringComparison.Ordinal) is >= 0 and var at
                && MethodTry.NumberIn(reply[at..]) is { } number and <= 10)
            {
                return number;
            }
        }
        return null;
    }

    async Task<string?> Ask(string purpose, IReadOnlyList<SourceChunk> seen, string instruction, double temperature)
    {
        if (judge is null)
        {
            return await attempt.Ask(new(purpose, seen, instruction, temperature)).ConfigureAwait(false);
        }
        SeededRandom random = attempt.Random(purpose);
        string prompt = seen.Count == 0 ? instruction : $"{parts.TextOf(seen)}\n\n{instruction}";
        GenerationOptions settings = new(parts.Settings.MaxNewTokens)
        {
            Temperature = temperature,
            Seed = (long)(random.NextUInt64() >> 33), // servers take 31 bits
        };
        CompletionRequest request = new(Prompt.User(prompt), settings);
        return await judge.TryComplete(request, cancel).ConfigureAwait(false) is { } completion ? completion.Text.Trim() : null;
    }
}
