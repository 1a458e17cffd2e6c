using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Data;

/// <summary>Represents one line of a preference dataset: a context in chunks, a question, one chosen and M rejected responses.</summary>
/// <remarks>
/// Training takes the token ids of the chunks, so chunks are never decoded and tokenized again. The record holds no clock times and
/// no absolute paths: the same synthesis writes the same bytes anywhere.
/// </remarks>
/// <param name="Id">Unique in the file.</param>
/// <param name="Context">[N] chunks in the order in which the model reads them; none where the prompt is a question alone.</param>
/// <param name="Question">The question about the context.</param>
/// <param name="Chosen">The preferred response.</param>
/// <param name="Rejected">[M] dis-preferred responses; none in data for supervised fine-tuning. Objectives that take fewer take the
/// first.</param>
/// <param name="Provenance">Where all this is from.</param>
/// <param name="Prompt">Context and question as readable text, for people and for trainers that know prompt,
/// chosen and rejected; may be left out.</param>
/// <param name="Turns">Further turns about the same context, each after the chosen response of the turn
/// before; null for a sample of one turn.</param>
/// <param name="History">Messages before context and question: a system message, earlier turns or both; null for none.</param>
/// <param name="Questions">Further questions about the same context, each asked alone, as if the others did not exist; null for none. A
/// sample has turns or further questions, not both.</param>
public sealed record PreferenceSample(
    string Id,
    IReadOnlyList<ContextChunk> Context,
    string Question,
    string Chosen,
    IReadOnlyList<string> Rejected,
    SampleProvenance Provenance,
    string? Prompt = null,
    IReadOnlyList<PreferenceTurn>? Turns = null,
    IReadOnlyList<ChatTurn>? History = null,
    IReadOnlyList<PreferenceTurn>? Questions = null)
{
    /// <summary>Tools that the model may call, as Hugging Face's templates expect them: a list of functions; null for none.</summary>
    public JsonArray? Tools { get; init; }

    /// <summary>Messages between the question and the response: calls of tools and their results; null for none.</summary>
    public IReadOnlyList<ChatTurn>? ToolTurns { get; init; }

    /// <summary>Calls of tools at the end of the chosen response, whose text may then be empty; null for none.</summary>
    public JsonArray? ChosenCalls { get; init; }

    /// <summary>The tools of the prompt; null for none.</summary>
    internal ToolUse? ToolUse => Tools is null && ToolTurns is null ? null : new(Tools, ToolTurns ?? []);

    const int MaxLead = 200; // characters that a chat template writes before a context, such as "USER: "

    /// <summary>[K] the first question, and the further turns or questions in their order.</summary>
    internal IEnumerable<PreferenceTurn> AllTurns =>
        (Turns ?? Questions ?? []).Prepend(new(Question, Chosen, Rejected, Provenance.Seen, Provenance.Question, Provenance.Fact));

    /// <summary>[K] ids of the questions that are asked alone: "id" of the first, "id#2", "id#3" and so on of the further ones.</summary>
    internal IEnumerable<string> QuestionIds => Enumerable.Range(0, 1 + (Questions?.Count ?? 0)).Select(k => QuestionId(Id, k));

    /// <summary>Creates a sample from texts, for a dataset that comes from a program instead of synthesis.</summary>
    /// <param name="id">An identifier that is unique in the dataset.</param>
    /// <param name="document">The context; empty for a question without one. It becomes one chunk, which every response has seen.</param>
    /// <param name="question">The question about the context.</param>
    /// <param name="chosen">The preferred response.</param>
    /// <param name="rejected">The rejected responses; none in data for supervised fine-tuning.</param>
    /// <param name="format">The chat format of the model to train.</param>
    public static PreferenceSample Create(
        string id, string document, string question, string chosen, IReadOnlyList<string> rejected, ChatFormat format)
    {
        ContextChunk[] context = document.Length == 0 ? [] : [new(id, 0, format.Context(document), 0, ChunkRole.Relevant)];
        int[] all = [.. Enumerable.Range(0, context.Length)];
        return new(id, context, question, chosen, rejected, new([id], 0, 0, new(all, [.. rejected.Select(_ => all)])));
    }

    /// <summary>Returns the problems of the sample beyond its JSON, each of the form "field: what is wrong; what to do".</summary>
    public IEnumerable<string> Problems() =>
        [
            .. Text("id", Id),
            .. Text("question", Question),
            .. ChosenCalls is null ? Text("chosen", Chosen) : [],
            .. Rejected.SelectMany((r, j) => Text($"rejected[{j}]", r)),
            // JSON lists may hold null, whatever the type says.
            .. Context.SelectMany((c, i) => c?.Problems($"context[{i}]") ?? [$"context[{i}] is null; each entry must be a chunk."]),
            .. Provenance.Seen.Problems("provenance.seen", Context.Count, Rejected.Count),
            .. Provenance.Fact is { } fact && (fact.Chunk < 0 || fact.Chunk >= Context.Count)
                ? new[] { $"provenance.fact.chunk is {fact.Chunk}; the context has chunks 0 to {Context.Count - 1}." }
                : [],
            .. History is { Count: 0 } ? new[] { "history is empty; omit it for a sample without earlier messages." } : [],
            .. History?.SelectMany((t, i) => t is null
                ? [$"history[{i}] is null; each entry must be a message."]
                : MessageProblems($"history[{i}]", t)) ?? [],
            .. ToolTurns is { Count: 0 } ? new[] { "tool_turns is empty; omit it for a sample without calls of tools." } : [],
            .. ToolTurns?.SelectMany((t, i) => t is null
                ? [$"tool_turns[{i}] is null; each entry must be a message."]
                : MessageProblems($"tool_turns[{i}]", t)) ?? [],
            .. (ToolUse is not null || ChosenCalls is not null) && (Turns ?? Questions) is not null
                ? new[] { "turns and questions cannot be used with tools; write each turn as a sample with its history." }
                : [],
            .. CallProblems("tools", Tools), .. CallProblems("chosen_calls", ChosenCalls),
            .. Turns is { Count: 0 } ? new[] { "turns is empty; omit it for a sample with one turn." } : [],
            .. Turns?.SelectMany((t, k) => t?.Problems($"turns[{k}]", Context.Count) ?? [$"turns[{k}] is null; each entry must be a turn."])
                ?? [],
            .. Questions is { Count: 0 } ? new[] { "questions is empty; omit it for a sample with one question." } : [],
            .. Questions?.SelectMany((q, k) =>
                q?.Problems($"questions[{k}]", Context.Count) ?? [$"questions[{k}] is null; each entry must be a question."]) ?? [],
            .. Turns is not null && Questions is not null
                ? new[] { "turns and questions are both given; a sample has further turns or further questions, not both." }
                : [],
        ];

    /// <summary>
    /// Splits the sample into samples of one question each, with their ids "id", "id#2", "id#3" and so on; a sample without further
    /// questions stays whole.
    /// </summary>
    /// <returns>[K] The first is the sample without its further questions.</returns>
    public IReadOnlyList<PreferenceSample> SplitQuestions() =>
        [this with { Questions = null }, .. (Questions ?? []).Select((q, k) => Alone(q, k + 1))];

    /// <summary>Returns a further question as a sample; a judge's verdict on the first chosen response does not hold for it.</summary>
    PreferenceSample Alone(PreferenceTurn question, int number) => this with
    {
        Id = QuestionId(Id, number),
        Question = question.Question,
        Chosen = question.Chosen,
        Rejected = question.Rejected,
        Provenance = Provenance with
        {
            Seen = question.Seen,
            Question = question.Origin,
            Fact = question.Fact,
            Judge = null,
            ChosenIsGold = null,
        },
        Prompt = Prompt is not null && Prompt.EndsWith(Question, StringComparison.Ordinal)
            ? Prompt[..^Question.Length] + question.Question
            : null,
        Questions = null,
    };

    /// <summary>Returns the id of a question that is asked alone.</summary>
    /// <param name="sample">Id of its sample.</param>
    /// <param name="number">0 for the first question of the sample.</param>
    internal static string QuestionId(string sample, int number) =>
        number == 0 ? sample : string.Create(CultureInfo.InvariantCulture, $"{sample}#{number + 1}");

    /// <summary>Checks that a tokenizer decodes the chunks to the text of the prompt; nothing to check without a prompt.</summary>
    /// <exception cref="InputException">It decodes them to another text.</exception>
    internal void RequireTokenizer(Tokenizer tokenizer)
    {
        if (Prompt is null)
        {
            return;
        }
        string context = tokenizer.Decode([.. Context.SelectMany(c => c.Tokens)]).Trim();
        // A tokenizer may change a text, for example to NFC; the prompt is then compared as the tokenizer gives it back.
        if (!Begins(Prompt, context) && !Begins(tokenizer.Decode(tokenizer.Encode(Prompt)), context))
        {
            throw new InputException(
                $"The tokenizer decodes sample {Id} to another text than the dataset's tokenizer did; "
                    + "use the tokenizer of the model that made the dataset, or make the dataset for this model.");
        }
    }

    /// <summary>Tells whether a prompt begins with a context, apart from what a template writes before the context.</summary>
    static bool Begins(string prompt, string context)
    {
        string text = prompt.TrimStart();
        return Enumerable.Range(0, Math.Min(context.Length / 2, MaxLead) + 1)
            .Any(lead => text.AsSpan().StartsWith(context.AsSpan(lead).TrimStart(), StringComparison.Ordinal));
    }

    static IEnumerable<string> MessageProblems(string path, ChatTurn turn) =>
    [
        .. Text($"{path}.role", turn.Role), .. turn.ToolCalls is null ? Text($"{path}.content", turn.Content) : [],
        .. CallProblems($"{path}.tool_calls", turn.ToolCalls),
    ];

    /// <summary>Returns the problems of a list of functions, each of which needs a name.</summary>
    static IEnumerable<string> CallProblems(string path, JsonArray? calls) =>
        calls is null ? []
        : calls.Count == 0 ? [$"{path} is empty; omit it for none."]
        : calls.Index()
            .Where(c => c.Item is not JsonObject call || call["function"] is not JsonObject function
                || function["name"] is not JsonValue name || !name.TryGetValue(out string? text) || string.IsNullOrWhiteSpace(text))
            .Select(c => $"{path}[{c.Index}] has no function with a name; write {{\"function\": {{\"name\": …}}}}.");

    internal static IEnumerable<string> Text(string field, string? value) =>
        string.IsNullOrWhiteSpace(value) ? [$"{field} is empty; write its text or leave the sample out."] : [];
}

/// <summary>Represents a chunk of a document as token ids.</summary>
/// <param name="Document">Name of the document, not its path.</param>
/// <param name="Index">Number of the chunk in its document, from 0.</param>
/// <param name="Tokens">Token ids of the base model's tokenizer, without special tokens; at least one.</param>
/// <param name="Score">Importance for the question: entities shared with it.</param>
/// <param name="Role">Why it is in the context.</param>
public sealed record ContextChunk(string Document, int Index, int[] Tokens, double Score, ChunkRole Role)
{
    internal IEnumerable<string> Problems(string path)
    {
        if (Index < 0)
        {
            yield return $"{path}.index is {Index}; chunks of a document count from 0.";
        }
        if (Tokens.Length == 0)
        {
            yield return $"{path}.tokens is empty; each chunk needs at least one token.";
        }
        if (Tokens.Any(t => t < 0))
        {
            yield return $"{path}.tokens has the negative id {Tokens.First(t => t < 0)}; token ids count from 0.";
        }
    }
}

/// <summary>Lists the roles of chunks in a context.</summary>
[JsonConverter(typeof(ChunkRoleConverter))]
public enum ChunkRole
{
    /// <summary>The chunk answers the question.</summary>
    Relevant,

    /// <summary>The chunk is related to the question and does not answer it alone.</summary>
    Partial,

    /// <summary>The chunk is unrelated to the question.</summary>
    Irrelevant,
}

/// <summary>Names in snake_case, and only names.</summary>
sealed class ChunkRoleConverter() : JsonStringEnumConverter<ChunkRole>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

/// <summary>
/// Represents another question about the context of a sample: a turn after the first, asked when the turns before were answered with their
/// chosen responses, or a question that is asked alone.
/// </summary>
/// <param name="Question">The question.</param>
/// <param name="Chosen">The preferred response.</param>
/// <param name="Rejected">[M] dis-preferred responses; none in data for supervised fine-tuning.</param>
/// <param name="Seen">Which chunks of the sample's context each response was written from.</param>
/// <param name="Origin">Origin of the question; null if unknown.</param>
/// <param name="Fact">The fact that was put into the context to be asked for; null when the documents are unchanged.</param>
public sealed record PreferenceTurn(
    string Question,
    string Chosen,
    IReadOnlyList<string> Rejected,
    SeenChunks Seen,
    QuestionOrigin? Origin = null,
    InsertedFact? Fact = null)
{
    internal IEnumerable<string> Problems(string path, int chunks) =>
        [
            .. PreferenceSample.Text($"{path}.question", Question),
            .. PreferenceSample.Text($"{path}.chosen", Chosen),
            .. Rejected.SelectMany((r, j) => PreferenceSample.Text($"{path}.rejected[{j}]", r)),
            .. Seen.Problems($"{path}.seen", chunks, Rejected.Count),
            .. Fact is { } fact && (fact.Chunk < 0 || fact.Chunk >= chunks)
                ? new[] { $"{path}.fact.chunk is {fact.Chunk}; the context has chunks 0 to {chunks - 1}." }
                : [],
        ];
}
