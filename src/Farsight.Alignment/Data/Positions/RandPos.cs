using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>Draws sorted distinct random positions for all prompt tokens (randomized positional encoding).</summary>
/// <remarks>
/// Source: arXiv:2305.16843 as LOGO's paper compares it (arXiv:2410.18533v1, section 4). The positions are drawn from
/// [0, K − longest response), so that the responses, which follow consecutively, end below K.
/// </remarks>
/// <param name="TargetLength">K: all positions are below it.</param>
sealed record RandPos(int TargetLength) : IPositionScheme
{
    int? IPositionScheme.Window => TargetLength;

    public IEnumerable<string> Problems(string path) => PositionDraw.TargetProblems(path, TargetLength);

    public PromptPositions Assign(PromptShape shape, ref SeededRandom random) =>
        new(PositionDraw.Distinct(0, shape.PromptTokens + shape.Slack(TargetLength), shape.PromptTokens, ref random));
}
