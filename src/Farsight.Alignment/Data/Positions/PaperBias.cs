using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>Adds one bias per chunk: position = index + bias (the paper's own continuous synthesis).</summary>
/// <remarks>
/// b_j ~ U{0, …, ⌊j·(K − k)/N⌋} for chunk j of N, counted from 1, then sorted so that the biases never decrease. The j-th smallest
/// of them is at most the largest of the first j draws, so the bound of each chunk still holds.
/// Source: arXiv:2410.18533v1, Eq. 4, with the chunk's number where the print has "i mod |C_i|".
/// </remarks>
/// <param name="TargetLength">K: all positions are below it.</param>
sealed record PaperBias(int TargetLength) : IPositionScheme
{
    int? IPositionScheme.Window => TargetLength;

    public IEnumerable<string> Problems(string path) => PositionDraw.TargetProblems(path, TargetLength);

    public PromptPositions Assign(PromptShape shape, ref SeededRandom random)
    {
        long slack = shape.Slack(TargetLength);
        int[] biases = new int[shape.ChunkLengths.Count];
        for (int j = 0; j < biases.Length; j++)
        {
            biases[j] = random.Next((int)((j + 1) * slack / biases.Length) + 1);
        }
        Array.Sort(biases);

        List<int> positions = [.. Enumerable.Range(0, shape.PrefixTokens)];
        for (int j = 0; j < biases.Length; j++)
        {
            positions.AddRange(Enumerable.Range(positions.Count + biases[j], shape.ChunkLengths[j]));
        }
        return PositionDraw.WithQuestion(positions, shape);
    }
}
