using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>Spaces the prompt tokens evenly: position ⌊i·K/k⌋ for token i.</summary>
/// <remarks>A baseline without chance. K is the target length and k the real length, prompt and longest
/// response; responses are consecutive.</remarks>
/// <param name="TargetLength">K: all positions are below it.</param>
sealed record Linear(int TargetLength) : IPositionScheme
{
    int? IPositionScheme.Window => TargetLength;

    public IEnumerable<string> Problems(string path) => PositionDraw.TargetProblems(path, TargetLength);

    public PromptPositions Assign(PromptShape shape, ref SeededRandom random)
    {
        long target = shape.RealLength + shape.Slack(TargetLength);
        return new([.. Enumerable.Range(0, shape.PromptTokens).Select(i => (int)(i * target / shape.RealLength))]);
    }
}
