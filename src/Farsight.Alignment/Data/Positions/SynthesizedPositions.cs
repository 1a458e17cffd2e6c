using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>Places each chunk at random inside its own window of the target range (positional indices synthesis).</summary>
/// <remarks>
/// The region between the prefix and target − question − longest response, of W positions, is cut into one window a chunk, in
/// proportion to the chunks' lengths c_j of together C tokens: window j is [⌊S_{j−1}·W/C⌋, ⌊S_j·W/C⌋) with S_j = c_1 + … + c_j.
/// Since W ≥ C it holds at least ⌊c_j·W/C⌋ ≥ c_j positions, so every chunk fits. With equal chunks the windows are equal.
/// Continuous (the usual case): a chunk's tokens are consecutive and start uniformly inside the window.
/// Sparse: each token of a chunk has a position of its own, sorted, distinct, uniform inside the window.
/// Source: arXiv:2410.18533v1, Eq. 4 and appendix D. Difference: Eq. 4's biases of neighboring chunks, drawn independently, may
/// decrease; windows keep the order by construction and cover the range evenly. <see cref="PaperBias"/> follows the equation.
/// </remarks>
/// <param name="TargetLength">K: all positions are below it.</param>
/// <param name="SparseShare">Share of the synthesized samples that are sparse, in [0, 1]; 0.1 in the paper.</param>
/// <param name="PlainShare">
/// Share of samples that keep the positions 0, 1, 2, …, in [0, 1]. Default: 0, as in the paper. A small model that sees
/// only gaps between chunks gets worse at text without any.
/// </param>
sealed record SynthesizedPositions(int TargetLength, double SparseShare, double PlainShare = 0) : IPositionScheme
{
    int? IPositionScheme.Window => TargetLength;

    public IEnumerable<string> Problems(string path) =>
        [
            .. PositionDraw.TargetProblems(path, TargetLength),
            .. SparseShare is >= 0 and <= 1
                ? []
                : new[] { $"{path}.sparse_share: {SparseShare} is not a share; use 0 to 1, 0.1 in the paper." },
            .. PlainShare is >= 0 and <= 1 ? [] : new[] { $"{path}.plain_share: {PlainShare} is not a share; use 0 to 1, 0 in the paper." },
        ];

    public PromptPositions Assign(PromptShape shape, ref SeededRandom random)
    {
        int context = shape.ContextTokens;
        long region = context + shape.Slack(TargetLength);
        bool sparse = random.NextDouble() < SparseShare;
        if (PlainShare > 0 && random.NextDouble() < PlainShare)
        {
            return Plain.Of(shape);
        }

        List<int> positions = [.. Enumerable.Range(0, shape.PrefixTokens)];
        int before = 0;
        foreach (int length in shape.ChunkLengths)
        {
            int start = shape.PrefixTokens + (int)(before * region / context);
            before += length;
            int end = shape.PrefixTokens + (int)(before * region / context);
            positions.AddRange(sparse
                ? PositionDraw.Distinct(start, end, length, ref random)
                : Enumerable.Range(start + random.Next(end - start - length + 1), length));
        }
        return PositionDraw.WithQuestion(positions, shape);
    }
}
