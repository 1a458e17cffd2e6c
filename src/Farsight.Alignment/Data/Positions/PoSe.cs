using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>
/// Positional skip-wise training: the prompt in N pieces, each consecutive, with a random skip before each but the first.
/// </summary>
/// <remarks>
/// The pieces ignore where the context's chunks begin. Piece j of N has U{1, …, ⌈rest/(N − j)⌉} tokens of those that are left, the last one
/// all; its bias is u_j ~ U{u_{j−1}, …, K − k} with u_0 = 0, and position = index + bias. Responses continue the last piece.
/// Source: arXiv:2309.10400, Sec. 3.2, with N = 2 and the first piece at 0 as in the authors' code (dwzhu-pku/PoSE, train_pose.py).
/// Differences: only the prompt is cut, because all responses share it, where the paper cuts a whole text; tokens between the pieces are
/// not left out, because the prompt is all the text there is; the lengths for N above 2 are ours.
/// </remarks>
/// <param name="TargetLength">K: all positions are below it.</param>
/// <param name="Chunks">N. Default: 2, as in the paper. A shorter prompt has as many pieces as tokens.</param>
sealed record PoSe(int TargetLength, int Chunks = 2) : IPositionScheme
{
    int? IPositionScheme.Window => TargetLength;

    public IEnumerable<string> Problems(string path) =>
    [
        .. PositionDraw.TargetProblems(path, TargetLength),
        .. Chunks >= 1 ? [] : new[] { $"{path}.chunks: {Chunks} is not a number of pieces; use 1 or more, 2 in the paper." },
    ];

    public PromptPositions Assign(PromptShape shape, ref SeededRandom random)
    {
        int slack = shape.Slack(TargetLength), pieces = Math.Min(Chunks, shape.PromptTokens), bias = 0;
        List<int> positions = [];
        for (int left = pieces; left > 0; left--)
        {
            int rest = shape.PromptTokens - positions.Count;
            int length = left == 1 ? rest : 1 + random.Next((rest + left - 1) / left);
            bias += left == pieces ? 0 : random.Next(slack - bias + 1);
            positions.AddRange(Enumerable.Range(positions.Count + bias, length));
        }
        return new([.. positions]);
    }
}
