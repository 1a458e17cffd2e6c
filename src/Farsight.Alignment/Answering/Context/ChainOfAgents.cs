using Farsight.Engine.Inference.Context;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Passes a note from part to part of the context; the answer is written from the last note.</summary>
/// <remarks>
/// With parts c_1 … c_l of the context and question q: note_i = model(note_{i−1}, c_i, q), answer = model(note_l, q). Each call reads one
/// part, so the context may be longer than the window. Source: arXiv:2406.02818. The authors published no code and their prompts were not
/// found; the prompts here are ours, and one model is worker and manager. Errors of early workers reach the answer.
/// </remarks>
sealed class ChainOfAgents(MethodValues values) : PromptingMethod
{
    internal static readonly MethodCard Card = new(
        "chain-of-agents", "Chain of Agents", "arXiv:2406.02818",
        [
            new("chunk", "Tokens per part; 0 for as many as fit the window", 0, 0, MethodOption.MaxTokens),
            new("note", "Maximum tokens of the notes", 256, 1, MethodOption.MaxTokens),
        ]);

    /// <inheritdoc/>
    internal override async Task<Completion> Answer(MethodCalls calls, ContextQuestion question)
    {
        if (question.Context.Length == 0)
        {
            return await calls.Pass().ConfigureAwait(false);
        }
        int maxNote = values.Whole("note"), chunk = calls.Room(values.Whole("chunk"), Worker(question, "", "", 1, 1), 2 * maxNote, "chunk");
        IReadOnlyList<string> parts = TextPieces.Cut(question.Context, chunk, calls.Count);
        string note = "";
        for (int i = 0; i < parts.Count; i++)
        {
            note = await calls
                .Ask($"worker {i + 1} of {parts.Count}", Worker(question, note, parts[i], i + 1, parts.Count), maxNote)
                .ConfigureAwait(false);
        }
        return await calls.Finish(question.With($"Notes from a long text:\n{note}\n\nUse these notes to answer.\n\n{question.Question}"))
            .ConfigureAwait(false);
    }

    static string Worker(ContextQuestion question, string note, string part, int number, int count) =>
        $"""
        A long text is read part by part to answer a question.

        Question: {question.Question}

        Notes so far: {(note.Length == 0 ? "none" : note)}

        Part {number} of {count}:
        {part.Trim()}

        Write the notes for the next reader: repeat the facts of the notes so far that help to answer the question, and add those of this
        part. Copy names and numbers exactly. Write only the notes.
        """;
}
