using System.Collections.Concurrent;
using Farsight.Alignment.Answering;

namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>
/// Scores chunks by the paper's count, with entities that a language model lists for every chunk and question.
/// </summary>
/// <remarks>
/// The endpoint's cache keeps the answers between runs. If an answer has no list, the recognizer's entities of that text are used, and
/// <see cref="IChunkScores.UsesRules"/> tells so.
/// </remarks>
/// <param name="model">The model; receives all chunks at once and must limit its own concurrency.</param>
sealed class ModelEntities(ILanguageModel model) : IChunkScorer
{
    const int MaxAnswerTokens = 1024;

    const string Instruction =
        "List what the text between the lines is about: every name of a person, place, organisation, work or event, "
        + "every number and date, and the\n"
        + "main nouns and verbs in their base form. Answer with one JSON array of strings and nothing else.";

    /// <inheritdoc/>
    public string Name => ChunkScorers.Model;

    /// <inheritdoc/>
    public double Threshold => 6;

    /// <inheritdoc/>
    public IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel) =>
        new ListedEntities(this, Wait(Task.WhenAll(chunks.Select(c => List(c, cancel)))));

    // Scorers are not asynchronous, so each group of samples in progress keeps a thread of the pool while it waits. Their number is bounded
    // (Responder.GroupsAtOnce), the pool adds threads when all wait, and no synchronization context needs this thread.
    static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    async Task<EntityKeys> List(string text, CancellationToken cancel)
    {
        CompletionRequest request = new(Prompt.User($"{Instruction}\n\n-----\n{text}\n-----"), new(MaxAnswerTokens));
        Completion? answer = await model.TryComplete(request, cancel).ConfigureAwait(false);
        return answer is not null && EntityList.Parse(answer.Text, cancel) is { } entities
            ? new([.. entities.SelectMany(Keys)], IsListed: true)
            : new(EntityRecognizer.Keys(text), IsListed: false);
    }

    /// <summary>Returns an entity as a whole, and its words.</summary>
    static HashSet<ulong> Keys(string entity)
    {
        HashSet<ulong> keys = EntityRecognizer.Keys(entity);
        keys.Add(TermHash.Of(string.Join(' ', entity.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))));
        return keys;
    }

    /// <summary>Represents the entities of a text.</summary>
    /// <param name="Keys">Their hashes.</param>
    /// <param name="IsListed">Whether the model listed them; otherwise the recognizer found them.</param>
    sealed record EntityKeys(HashSet<ulong> Keys, bool IsListed);

    /// <summary>Represents chunks whose entities the model listed.</summary>
    sealed class ListedEntities(ModelEntities scorer, EntityKeys[] chunks) : IChunkScores
    {
        readonly ConcurrentDictionary<(string Question, string Answer), bool> _byRules = new();

        public double[] Scores(string question, string answer, CancellationToken cancel)
        {
            EntityKeys wanted = Wait(scorer.List($"{question}\n{answer}".Trim(), cancel));
            _byRules[(question, answer)] = !wanted.IsListed;
            return [.. chunks.Select(c => (double)wanted.Keys.Count(c.Keys.Contains))];
        }

        public bool UsesRules(string question, string answer) =>
            chunks.Any(c => !c.IsListed) || _byRules.GetValueOrDefault((question, answer));
    }
}
