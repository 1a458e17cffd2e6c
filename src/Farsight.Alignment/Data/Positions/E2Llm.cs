using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>
/// E²-LLM's augmentation: each sample sees its tokens at a scale and an offset of its own, so that one model serves every scale.
/// </summary>
/// <remarks>
/// The paper rotates token i by (i + t)/g, with a scale g and an offset t drawn for each sample. Positions here are whole numbers p, and
/// the recipe's rope <c>linear:G</c> rotates by p/G, so p = (i + t) · G/g is the same rotation wherever g divides G. g is uniform over
/// those divisors of G whose positions fit below K, t over all offsets that then fit; the prefix has t = 0. Responses go on in the same
/// steps. At inference <c>linear:s</c> with any s up to G is one of the scales trained on. Source: arXiv:2401.06951. Differences: the paper
/// draws g from all whole numbers up to G; and its offsets, which reach as far as the window at scale g, are here bounded by the sample's
/// own length too, so that short samples use the whole range.
/// </remarks>
/// <param name="TargetLength">K: all positions are below it; G windows of the model.</param>
/// <param name="MaxScale">G: the factor of the recipe's linear rope; one with many divisors.</param>
sealed record E2Llm(int TargetLength, int MaxScale) : IPositionScheme
{
    int? IPositionScheme.Window => TargetLength;

    public IEnumerable<string> Problems(string path) =>
        [
            .. PositionDraw.TargetProblems(path, TargetLength),
            .. MaxScale is >= 1 and <= 1024
                ? []
                : new[] { $"{path}.max_scale: {MaxScale} is not a scale; use 1 to 1024, the factor of the recipe's rope, 8 for linear:8." },
        ];

    public PromptPositions Assign(PromptShape shape, ref SeededRandom random)
    {
        long last = TargetLength - 1, tokens = TargetLength - shape.Slack(TargetLength);
        int[] steps = [.. Enumerable.Range(1, MaxScale).Where(step => MaxScale % step == 0 && (tokens - 1) * step <= last)];
        int step = steps[random.Next(steps.Length)];
        int offset = random.Next((int)(last / step - (tokens - 1)) + 1);
        return new([.. Enumerable.Range(0, shape.PromptTokens).Select(i => (i < shape.PrefixTokens ? i : i + offset) * step)], step);
    }
}
