namespace Farsight.Alignment.Synthesis.Card;

/// <summary>How numbers are spread.</summary>
/// <param name="Count">How many.</param>
/// <param name="Min">The least.</param>
/// <param name="LowerQuartile">A quarter of them is not above it.</param>
/// <param name="Median">Half of them.</param>
/// <param name="UpperQuartile">Three quarters.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Mean">Their mean.</param>
public sealed record Spread(int Count, double Min, double LowerQuartile, double Median, double UpperQuartile, double Max, double Mean)
{
    const int Digits = 3;

    /// <summary>Of any numbers, in any order; all 0 for none.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        double At(double share) =>
            Math.Round(sorted[(int)Math.Ceiling(share * sorted.Length) is var rank && rank > 0 ? rank - 1 : 0], Digits);
        return sorted.Length == 0
            ? new(0, 0, 0, 0, 0, 0, 0)
            : new(sorted.Length, At(0), At(0.25), At(0.5), At(0.75), At(1), Math.Round(sorted.Average(), Digits));
    }
}
