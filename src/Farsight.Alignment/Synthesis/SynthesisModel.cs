using Farsight.Alignment.Text;

namespace Farsight.Alignment.Synthesis;

/// <summary>Who answers, and in which tokens.</summary>
/// <param name="Name">Stands in the samples; never a path.</param>
/// <param name="Sha256">Of its files.</param>
/// <param name="Window">Tokens it was trained for.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="Format">How prompts and responses become tokens.</param>
/// <param name="EndTokens">Tokens that end a response.</param>
/// <param name="Source">Writes the responses.</param>
sealed record SynthesisModel(
    string Name, string Sha256, int Window, Tokenizer Tokenizer, ChatFormat Format, IReadOnlyCollection<int> EndTokens, IResponseSource Source);
