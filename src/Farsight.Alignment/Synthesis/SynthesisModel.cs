using Farsight.Alignment.Text;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Synthesis;

/// <summary>Who answers, and in which tokens.</summary>
/// <param name="Name">Stands in the samples; never a path.</param>
/// <param name="Sha256">Of its files.</param>
/// <param name="Window">Tokens it was trained for.</param>
/// <param name="Tokenizer">Makes the chunks.</param>
/// <param name="Format">How prompts and responses become tokens.</param>
/// <param name="Responder">Writes responses, and questions where they are wanted.</param>
/// <param name="Chat">The chat client behind it; null for the local model.</param>
sealed record SynthesisModel(string Name, string Sha256, int Window, Tokenizer Tokenizer, ChatFormat Format, IResponder Responder, IChatClient? Chat = null)
{
    /// <summary>It answers over HTTP, or as if it did.</summary>
    internal bool IsEndpoint => Chat is not null;
}
