namespace Farsight.Evaluation.Metrics;

/// <summary>Represents the precision, the recall and their harmonic mean, each from 0 to 1.</summary>
readonly record struct PrecisionRecall(double Precision, double Recall, double F1)
{
    /// <summary>
    /// Computes them from counts: <paramref name="common"/> of <paramref name="predicted"/> and of <paramref name="gold"/>. All are 0 when
    /// nothing is common.
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

    /// <summary>Returns the maximum of each of the three separately.</summary>
    public static PrecisionRecall Best(PrecisionRecall a, PrecisionRecall b) =>
        new(Math.Max(a.Precision, b.Precision), Math.Max(a.Recall, b.Recall), Math.Max(a.F1, b.F1));
}
