using System.Text;
using Farsight.Text.Tokenizers;
using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Synthesis;

/// <summary>A model behind a chat client: chunks go into the prompt as text, and many samples are under way at a time.</summary>
sealed class EndpointResponder(ChatWriter writer, Tokenizer tokenizer) : IResponder
{
    const int GroupsForEachRequest = 2; // a sample that waits for its last answer leaves the others room

    /// <inheritdoc/>
    public int GroupSize => 1;

    /// <inheritdoc/>
    public int GroupsAtOnce => Math.Max(2, GroupsForEachRequest * writer.Concurrency);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string?>> Answer(IReadOnlyList<ModelAsk> asks, CancellationToken cancel) =>
        await Task.WhenAll(asks.Select(a => Answer(a, cancel))).ConfigureAwait(false);

    async Task<string?> Answer(ModelAsk ask, CancellationToken cancel)
    {
        ChatMessage message = new(ChatRole.User, $"{TextOf(ask.Context)}\n\n{ask.Question}");
        ChatOptions options = new() { Temperature = (float)ask.Temperature, MaxOutputTokens = ask.MaxNewTokens, Seed = SeedOf(ask) };
        ChatResponse response = await writer.Client.GetResponseAsync([message], options, cancel).ConfigureAwait(false);
        return response.FinishReason == ChatFinishReason.Length ? null : response.Text.Trim();
    }

    /// <summary>What the tokens say. Where chunks begin and end inside a character, its parts are left out.</summary>
    string TextOf(int[] tokens) => tokenizer.Decode(tokens).Replace(Rune.ReplacementChar.ToString(), "", StringComparison.Ordinal).Trim();

    static long SeedOf(ModelAsk ask)
    {
        Engine.Numerics.SeededRandom random = ask.Random;
        return (long)(random.NextUInt64() >> 33); // servers take 31 bits
    }
}
