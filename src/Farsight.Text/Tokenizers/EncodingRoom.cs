namespace Farsight.Text.Tokenizers;

/// <summary>What one call of the tokenizer works in. It is kept for later calls, and with it the pieces it remembers.</summary>
sealed class EncodingRoom
{
    internal List<int> Ends { get; } = [];

    internal List<int> Ids { get; } = [];

    internal PieceCache Cache { get; } = new();
}
