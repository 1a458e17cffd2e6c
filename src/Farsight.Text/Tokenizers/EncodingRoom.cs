namespace Farsight.Text.Tokenizers;

/// <summary>Represents the buffers and the piece cache of one encoding call; reused by later calls.</summary>
sealed class EncodingRoom
{
    internal List<int> Ends { get; } = [];

    internal List<int> Ids { get; } = [];

    internal PieceCache Cache { get; } = new();
}
