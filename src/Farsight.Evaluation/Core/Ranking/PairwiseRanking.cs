using Farsight.Engine;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Core.Ranking;

/// <summary>Represents the comparison of two systems' answers to one question.</summary>
/// <param name="Question">The question: task and example.</param>
/// <param name="A">The first system.</param>
/// <param name="B">The second system.</param>
/// <param name="Forward">Result for A when its answer is shown first: 1 for a win, 0.5 for a tie, 0 for a loss.</param>
/// <param name="Backward">Result for A when its answer is shown second.</param>
public sealed record PairOutcome(string Question, string A, string B, double Forward, double Backward)
{
    /// <summary>The result for A over both orders; two opposite results are a tie.</summary>
    public double Score => Mean(Forward, Backward);

    /// <summary>Whether the two orders disagree.</summary>
    public bool DependsOnOrder => Forward != Backward;

    /// <summary>Computes the mean of both orders.</summary>
    internal static double Mean(double forward, double backward) => (forward + backward) / 2;
}

/// <summary>Represents one system of a ranking.</summary>
/// <param name="Name">The name of the system.</param>
/// <param name="Strength">Natural logarithm of the Bradley–Terry strength; the mean over the systems is 0.</param>
/// <param name="Low">Lower end of the 95 % interval of the strength.</param>
/// <param name="High">Upper end of the 95 % interval of the strength.</param>
/// <param name="Comparisons">Number of questions on which it was compared, over all opponents.</param>
/// <param name="WinRate">Mean result over these comparisons; a tie is one half.</param>
public sealed record RankedSystem(string Name, double Strength, double Low, double High, int Comparisons, double WinRate);

/// <summary>Ranks systems by pairwise comparisons of their answers.</summary>
/// <remarks>
/// Strengths are the maximum likelihood of the Bradley–Terry model, a tie one half of a win for each side. Intervals are percentile
/// bootstrap intervals over questions, because the comparisons of one question depend on each other. Where the maximum is infinite (a
/// system or group that never loses to the rest), a prior is added and reported. Source of the procedure: arXiv:2406.00179.
/// </remarks>
/// <param name="Systems">The systems, strongest first.</param>
/// <param name="Questions">Number of questions.</param>
/// <param name="Ties">Share of the comparisons that are ties over both orders.</param>
/// <param name="PositionBias">Share of the comparisons whose two orders disagree.</param>
/// <param name="Prior">Wins added to each side of every pair; 0 for none.</param>
/// <param name="PriorResamples">Share of the bootstrap's resamples in which the prior was added.</param>
public sealed record PairwiseRanking(
    IReadOnlyList<RankedSystem> Systems, int Questions, double Ties, double PositionBias, double Prior, double PriorResamples)
{
    const double AddedPrior = 0.5;

    /// <summary>Ranks the systems of some comparisons.</summary>
    /// <param name="outcomes">The comparisons.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <exception cref="InputException">There is no comparison, or two groups of systems are not compared with each other.</exception>
    public static PairwiseRanking Of(IReadOnlyCollection<PairOutcome> outcomes, int seed)
    {
        string[] names = [.. outcomes.SelectMany(o => new[] { o.A, o.B }).Distinct()];
        PairOutcome[][] questions =
        [
            .. outcomes.GroupBy(o => o.Question).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.ToArray()),
        ];
        if (questions.Length == 0)
        {
            throw new InputException("There is no question that two systems answered, so nothing can be ranked.");
        }
        double[,] wins = Wins(names, questions);
        double[]? own = BradleyTerry.LogStrengths(wins);
        double[] strengths = own ?? WithPrior(wins, names);
        int added = 0;
        List<double[]> resampled = [];
        foreach (int[] drawn in Bootstrap.Draws(questions.Length, seed, "rank"))
        {
            double[,] again = Wins(names, drawn.Select(d => questions[d]));
            double[]? estimate = own is null ? null : BradleyTerry.LogStrengths(again);
            added += estimate is null ? 1 : 0;
            resampled.Add(estimate ?? WithPrior(again, names));
        }
        return new(
            [.. names.Select((n, i) => System(n, strengths[i], resampled.Select(r => r[i]), outcomes)).OrderByDescending(s => s.Strength)],
            questions.Length,
            outcomes.Average(o => o.Score == 0.5 ? 1.0 : 0),
            outcomes.Average(o => o.DependsOnOrder ? 1.0 : 0),
            own is null ? AddedPrior : 0,
            (double)added / resampled.Count);
    }

    static double[] WithPrior(double[,] wins, string[] names) =>
        BradleyTerry.LogStrengths(BradleyTerry.WithPrior(wins, AddedPrior))
        ?? throw new InputException($"The comparisons do not rank {string.Join(", ", names)}; compare more of them.");

    static RankedSystem System(string name, double strength, IEnumerable<double> resampled, IReadOnlyCollection<PairOutcome> outcomes)
    {
        Interval interval = Bootstrap.Middle([.. resampled]);
        double[] results =
            [.. outcomes.Where(o => o.A == name).Select(o => o.Score), .. outcomes.Where(o => o.B == name).Select(o => 1 - o.Score)];
        return new(name, strength, interval.Low, interval.High, results.Length, results.Average());
    }

    static double[,] Wins(string[] names, IEnumerable<PairOutcome[]> questions)
    {
        double[,] wins = new double[names.Length, names.Length];
        foreach (PairOutcome outcome in questions.SelectMany(q => q))
        {
            int a = Array.IndexOf(names, outcome.A), b = Array.IndexOf(names, outcome.B);
            wins[a, b] += outcome.Score;
            wins[b, a] += 1 - outcome.Score;
        }
        return wins;
    }
}
