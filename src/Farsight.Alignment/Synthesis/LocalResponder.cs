using Farsight.Engine.Inference;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis;

/// <summary>The local model: chunks go into the prompt as the tokens that they are.</summary>
/// <remarks>Groups are laid over the sample numbers, so that a resumed run decodes the same prompts together and gets the same
/// bits.</remarks>
sealed class LocalResponder(IResponseSource source, ChatFormat format, IReadOnlyCollection<int> endTokens) : IResponder
{
    /// <inheritdoc/>
    public int GroupSize => 32;

    /// <inheritdoc/>
    public int GroupsAtOnce => 1;

    /// <inheritdoc/>
    public Task<IReadOnlyList<string?>> Answer(IReadOnlyList<ModelAsk> asks, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string?>>([.. source.Respond([.. asks.Select(Request)]).Select(Text)]);

    GenerationRequest Request(ModelAsk ask) => new(
        format.Prompt(ask.Context, ask.Question), ask.MaxNewTokens,
        ask.Temperature == 0 ? Sampling.Greedy : new(ask.Temperature, TopP: 1), ask.Random);

    string? Text(int[] tokens) =>
        tokens.Length > 0 && endTokens.Contains(tokens[^1]) ? format.ReadResponse(tokens.AsSpan(..^1)).Trim() : null;
}
