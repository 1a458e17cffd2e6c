using System.Diagnostics;
using System.Text;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Engine;

namespace Farsight.Workflows.Timing.Importance;

/// <summary>Measures how well scorers find the chunk that answers, and how fast they read.</summary>
public static class ImportanceBenchmark
{
    const int FictionDocuments = 20, FictionSeed = 1, Passes = 5;

    /// <summary>The row that knows nothing.</summary>
    public const string Random = "random";

    /// <summary>Ranks the chunks of every set by every scorer, once with the answer known and once without.</summary>
    /// <param name="data">Folder of the benchmarks' files: ruler/squad… and ruler/hotpotqa….</param>
    /// <param name="scorers">To be compared; <see cref="Random"/> is added.</param>
    /// <param name="cancel">Stops between documents.</param>
    /// <exception cref="InputException">A file is missing or of another form.</exception>
    public static IEnumerable<ImportanceRow> Rank(string data, IReadOnlyList<IChunkScorer> scorers, CancellationToken cancel)
    {
        foreach ((string name, IReadOnlyList<RankCase> cases) in Sets(data))
        {
            foreach (bool withAnswer in new[] { true, false })
            {
                yield return new(
                    name,
                    Random,
                    withAnswer,
                    RankQuality.Of(cases, 1, c => c.Questions.Select(_ => new double[c.Chunks.Count])));
                foreach (IChunkScorer scorer in scorers)
                {
                    yield return new(
                        name,
                        scorer.Name,
                        withAnswer,
                        RankQuality.Of(cases, scorer.Threshold, c => Scores(scorer, c, withAnswer, cancel)));
                }
            }
        }
    }

    /// <summary>
    /// UTF-8 bytes of text a second that each scorer reads on one thread, and is asked one question about each 16 chunks, in the fastest of
    /// five passes.
    /// </summary>
    public static IReadOnlyDictionary<string, double> BytesPerSecond(IReadOnlyList<IChunkScorer> scorers)
    {
        RankCase[] cases = [.. RankSets.Fiction(FictionDocuments, FictionSeed)];
        double bytes = cases.Sum(c => c.Chunks.Sum(t => (double)Encoding.UTF8.GetByteCount(t)));
        return scorers.ToDictionary(s => s.Name, s => bytes / Enumerable.Range(0, Passes).Min(_ => Seconds(s, cases)));
    }

    static (string Name, IReadOnlyList<RankCase> Cases)[] Sets(string data) =>
        [
            ("SQuAD articles", RankSets.Squad(Path.Combine(data, "ruler/squad_dev_plus_test_contexts.json.gz"))),
            (
                "HotpotQA",
                [
                    .. RankSets.Hotpot(Path.Combine(data, "ruler/hotpotqa_dev_distractor_first100.json")),
                    .. RankSets.Hotpot(Path.Combine(data, "ruler/hotpotqa_train100.json")),
                ]),
            ("generated documents", RankSets.Fiction(FictionDocuments, FictionSeed)),
        ];

    static IEnumerable<double[]> Scores(IChunkScorer scorer, RankCase one, bool withAnswer, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        IChunkScores scores = scorer.Read(one.Chunks, cancel);
        return one.Questions.Select(q => scores.Scores(q.Question, withAnswer ? q.Answer : "", cancel));
    }

    static double Seconds(IChunkScorer scorer, RankCase[] cases)
    {
        const int ChunksOfContext = 16;
        Stopwatch watch = Stopwatch.StartNew();
        foreach (RankCase one in cases)
        {
            foreach (string[] context in one.Chunks.Chunk(ChunksOfContext))
            {
                scorer
                    .Read(context, CancellationToken.None)
                    .Scores(one.Questions[0].Question, one.Questions[0].Answer, CancellationToken.None);
            }
        }
        return watch.Elapsed.TotalSeconds;
    }
}

/// <summary>Represents one scorer on one set.</summary>
/// <param name="Set">Where the questions are from.</param>
/// <param name="Scorer">Its name.</param>
/// <param name="WithAnswer">Whether the gold answer was given beside the question.</param>
/// <param name="Quality">The result.</param>
public sealed record ImportanceRow(string Set, string Scorer, bool WithAnswer, RankQuality Quality);
