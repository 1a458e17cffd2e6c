namespace Farsight.Evaluation.Metrics;

/// <summary>How much of what was said is right, how much of what is right was said, and their harmonic mean; each from 0 to 1.</summary>
public readonly record struct PrecisionRecall(double Precision, double Recall, double F1)
{
    /// <summary>
    /// From counts: <paramref name="common"/> of <paramref name="predicted"/> and of <paramref name="gold"/>; all 0 when nothing is common.
    /// </summary>
    public static PrecisionRecall Of(int common, int predicted, int gold)
    {
        if (common == 0)
        {
            return default;
        }
        double precision = (double)common / predicted;
        double recall = (double)common / gold;
        return new(precision, recall, 2 * precision * recall / (precision + recall));
    }

    /// <summary>The greatest of each of the three, taken by itself.</summary>
    public static PrecisionRecall Best(PrecisionRecall a, PrecisionRecall b) =>
        new(Math.Max(a.Precision, b.Precision), Math.Max(a.Recall, b.Recall), Math.Max(a.F1, b.F1));
}
