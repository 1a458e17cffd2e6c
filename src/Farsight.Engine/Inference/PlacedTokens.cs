namespace Farsight.Engine.Inference;

/// <summary>Represents a sequence of tokens with their positions.</summary>
/// <remarks>Without positions the tokens have 0, 1, 2, …. Tokens after the last given position continue in steps of 1.</remarks>
public sealed class PlacedTokens
{
    readonly IReadOnlyList<int>? _positions;

    /// <summary>Combines tokens and positions.</summary>
    /// <param name="ids">[tokens] token ids.</param>
    /// <param name="prompt">Number of tokens that need a position of their own where positions are given.</param>
    /// <param name="positions">[at least prompt] strictly increasing, not negative; null for 0, 1, 2, ….</param>
    /// <exception cref="ArgumentException">There are fewer positions than prompt tokens, or they do not increase.</exception>
    public PlacedTokens(IReadOnlyList<int> ids, int prompt, IReadOnlyList<int>? positions)
    {
        (Ids, _positions) = (ids, positions);
        if (positions is null)
        {
            return;
        }
        if (positions.Count < prompt || positions.Count == 0 || positions[0] < 0)
        {
            throw new ArgumentException(
                $"A prompt of {prompt} tokens has {positions.Count} positions; give one for each token, 0 or more.", nameof(positions));
        }
        for (int i = 1; i < positions.Count; i++)
        {
            if (positions[i] <= positions[i - 1])
            {
                throw new ArgumentException(
                    $"Position {i} is {positions[i]} and the one before it {positions[i - 1]}; positions must increase.",
                    nameof(positions));
            }
        }
    }

    /// <summary>[tokens] token ids.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>Number of tokens.</summary>
    public int Count => Ids.Count;

    /// <summary>Whether the tokens have other positions than 0, 1, 2, ….</summary>
    internal bool HasPositions => _positions is not null;

    /// <summary>Returns the position of a token.</summary>
    public int PositionOf(int index) =>
        _positions is null ? index : index < _positions.Count ? _positions[index] : _positions[^1] + 1 + index - _positions.Count;

    /// <summary>Returns a number that two sequences share at an index only where token and position are the same.</summary>
    public long KeyOf(int index) => ((long)PositionOf(index) << 32) | (uint)Ids[index];
}
