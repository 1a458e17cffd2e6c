using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.Niah;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Benchmarks.RetrievalHeads;

/// <summary>Finds the heads that copy a needle, with the paper's three needles, each in a text of its own.</summary>
/// <remarks>
/// Version 1. The paper's grid are 20 lengths from 1,000 to 50,000 and depths in tenths of 0 to 100 %, rounded to whole percents. A run
/// counts when ROUGE-1 recall with stemmer is above 50 %. Source: nightdessert/Retrieval_Head @3ac171a, retrieval_head_detection.py.
/// Differs from it: BOS stands at the beginning only (there, texts and needles are encoded with it before they are joined); a full
/// stop's tokens are the tokenizer's (there, of three models); an answer ends at a line feed with every tokenizer (there, of some), and at
/// the model's stop token; the files of a folder are taken by name.
/// </remarks>
sealed class RetrievalHeadsOriginal : IObservedTask, IAggregatedTask
{
    const string Gold = "gold";
    const int NewTokens = 50, StandardSamples = 3;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "retrieval-heads/original",
            1,
            "Retrieval heads, the paper's needles",
            "arXiv:2404.15574; nightdessert/Retrieval_Head @3ac171a",
            "mean retrieval score of the ten best heads",
            null)
        {
            IsPerLength = true,
            Data =
            [
                OriginalNeedle.File,
                .. Enumerable
                    .Range(1, 3)
                    .Select(i => new EvalDataFile(Folder(i) + "/", $"nightdessert/Retrieval_Head @3ac171a: haystack_for_detect/part{i}")),
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        ITextTokens tokens = setting.TokensFor(Card.Name);
        OriginalNeedle[] needles = OriginalNeedle.Read(setting.Data);
        int[][] texts = [.. needles.Select((_, i) => EssayText.Tokens(setting.Data, Folder(i + 1), tokens, setting.Length))];
        foreach (int percent in setting.Depths.Select(d => (int)Math.Round(d * 100)).Distinct())
        {
            for (int n = 0; n < setting.SamplesOr(StandardSamples); n++)
            {
                int i = n % needles.Length;
                yield return Example(setting, tokens, needles[i], texts[i], percent, n);
            }
        }
    }

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) =>
        setting.Depths.Select(d => (int)Math.Round(d * 100)).Distinct().Count() * setting.SamplesOr(StandardSamples);

    /// <summary>Scores 1 when more than half of the needle's words were found.</summary>
    public EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(OriginalNeedle.IsFound(example.References[0], completion));

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion, HeadTrace heads)
    {
        int[] gold = CopyScore.Read(example, Gold);
        (int start, int end) = CopyScore.Find(heads.Prompt, gold);
        return CopyScore.Score(heads, start, end, gold, OriginalNeedle.IsFound(example.References[0], completion));
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples) => CopyScore.Aggregate(examples);

    static EvalExample Example(EvalSetting setting, ITextTokens tokens, OriginalNeedle needle, int[] text, int percent, int number)
    {
        int[] hidden = tokens.Encode(needle.Hidden);
        if (setting.Length < (2 * NeedleInsertion.Buffer) + hidden.Length)
        {
            throw new InputException(
                $"A context of {setting.Length} tokens is too short for these needles; "
                    + $"it needs at least {(2 * NeedleInsertion.Buffer) + hidden.Length}."
            );
        }
        HashSet<int> periods = [.. tokens.Encode("."), .. tokens.EncodeInside(".")];
        int[] context = [.. NeedleInsertion.Place(text, [hidden], setting.Length, percent, periods).Tokens];
        string question = needle.Question, depth = (percent / 100.0).ToString("0.##", CultureInfo.InvariantCulture);
        string length = setting.Length.ToString(CultureInfo.InvariantCulture), real = needle.Gold;
        return new(
            string.Create(CultureInfo.InvariantCulture, $"{length}-{depth}-{number}"),
            EvalPrompt.Of($"{tokens.Decode(context)}Based on the content of the book, Question: {question}\nAnswer:") with
            {
                UseChatTemplate = false,
            },
            [real],
            NewTokens)
        {
            Question = question,
            Stop = ["\n"],
            Groups = new Dictionary<string, string> { [EvalExample.Length] = length, [EvalExample.Depth] = depth },
            Details = new Dictionary<string, IReadOnlyList<string>> { [Gold] = CopyScore.Write(tokens.Encode(real)) },
        };
    }

    static string Folder(int number) => string.Create(CultureInfo.InvariantCulture, $"retrieval_head/part{number}");
}
