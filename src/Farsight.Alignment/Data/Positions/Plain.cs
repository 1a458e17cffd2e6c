using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>Uses the positions 0, 1, 2, … without synthesis.</summary>
sealed record Plain : IPositionScheme
{
    public IEnumerable<string> Problems(string path) => [];

    public PromptPositions Assign(PromptShape shape, ref SeededRandom random) => Of(shape);

    /// <summary>Returns the positions, which need no random number.</summary>
    internal static PromptPositions Of(PromptShape shape) => new([.. Enumerable.Range(0, shape.PromptTokens)]);
}
