namespace Farsight.Text.Tokenizers;

/// <summary>Represents the decoding of tokens to text.</summary>
sealed record DecoderDefinition
{
    /// <summary>Tokens spell bytes; nothing else below counts.</summary>
    internal bool ByteLevel { get; init; }
    /// <summary>Done to the spelling of each token.</summary>
    internal IReadOnlyList<ReplaceStep> Replacements { get; init; } = [];
    /// <summary>Tokens such as &lt;0x0A&gt; are bytes.</summary>
    internal bool ByteFallback { get; init; }
    /// <summary>What is taken away where the text begins.</summary>
    internal char Stripped { get; init; }
    /// <summary>How many of <see cref="Stripped"/> at most.</summary>
    internal int MostStripped { get; init; }
    /// <summary>What is taken away in the first token wherever it stands, or null.</summary>
    internal char? DroppedInFirst { get; init; }
}
