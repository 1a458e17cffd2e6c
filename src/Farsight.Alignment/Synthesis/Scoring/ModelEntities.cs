using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>
/// Scores chunks by the paper's count, with entities that a language model lists for every chunk and question.
/// </summary>
/// <remarks>
/// The endpoint's cache keeps the answers between runs. If an answer has no list, the recognizer's entities of that text are used, and
/// <see cref="Unreadable"/> counts it.
/// </remarks>
/// <param name="client">Chat client; receives all chunks at once and must limit its own concurrency.</param>
sealed class ModelEntities(IChatClient client) : IChunkScorer
{
    const int MostAnswerTokens = 1024;

    const string Instruction =
        "List what the text between the lines is about: every name of a person, place, organisation, work or event, "
        + "every number and date, and the\n"
        + "main nouns and verbs in their base form. Answer with one JSON array of strings and nothing else.";

    int _unreadable;

    /// <inheritdoc/>
    public string Name => ChunkScorers.Model;

    /// <inheritdoc/>
    public double Threshold => 6;

    /// <summary>Number of answers without a list.</summary>
    public int Unreadable => _unreadable;

    /// <inheritdoc/>
    public IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel) => new EntitySets(
        Wait(Task.WhenAll(chunks.Select(c => KeysAsync(c, cancel)))),
        (question, answer, stop) => Wait(KeysAsync($"{question}\n{answer}".Trim(), stop)));

    // Synthesis is one thread that waits; there is no context that this could block.
    static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    async Task<HashSet<ulong>> KeysAsync(string text, CancellationToken cancel)
    {
        ChatMessage[] messages = [new(ChatRole.User, $"{Instruction}\n\n-----\n{text}\n-----")];
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = MostAnswerTokens };
        ChatResponse response = await client.GetResponseAsync(messages, options, cancel).ConfigureAwait(false);
        if (EntityList.Parse(response.Text) is { } entities)
        {
            return [.. entities.SelectMany(Keys)];
        }
        Interlocked.Increment(ref _unreadable);
        return EntityRecognizer.Keys(text);
    }

    /// <summary>Returns an entity as a whole, and its words.</summary>
    static HashSet<ulong> Keys(string entity)
    {
        HashSet<ulong> keys = EntityRecognizer.Keys(entity);
        keys.Add(TermHash.Of(string.Join(' ', entity.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))));
        return keys;
    }
}
