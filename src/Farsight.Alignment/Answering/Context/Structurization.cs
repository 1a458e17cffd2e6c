using Farsight.Engine.Inference.Context;

namespace Farsight.Alignment.Answering.Context;

/// <summary>Rewrites the context as a hierarchy of scope, aspects and descriptions, and asks the question after it.</summary>
/// <remarks>
/// Parts of the context are structured one by one. Several scopes are joined by a further call into a common one, and the aspects follow
/// each other. A reply that is no valid structure is replaced by the raw text: the whole context, as in the authors' code, or with
/// part=1 only its own part. Source: StruXGPT, arXiv:2407.16434. There a trained model writes the structure, inside fenced blocks, and
/// sentences that it dropped can be repaired; here the answering model writes it without fences and nothing is repaired.
/// </remarks>
sealed class Structurization(MethodValues values) : PromptingMethod
{
    internal static readonly MethodCard Card = new(
        "structurization", "StruXGPT", "arXiv:2407.16434",
        [
            new("chunk", "Tokens per part that is structured at once", 1024, 1, MethodOption.MaxTokens),
            new("tokens", "Maximum tokens of a structure", 2048, 1, MethodOption.MaxTokens),
            new("part", "1 to replace an invalid structure by its own part of the context, 0 by the whole context", 0, 0, 1),
        ]);

    /// <inheritdoc/>
    internal override async Task<Completion> Answer(MethodCalls calls, ContextQuestion question)
    {
        if (question.Context.Length == 0)
        {
            return await calls.Pass().ConfigureAwait(false);
        }
        IReadOnlyList<string> parts = TextPieces.Cut(question.Context, values.Whole("chunk"), calls.Count);
        ContextStructure?[] structures = new ContextStructure?[parts.Count];
        for (int i = 0; i < parts.Count; i++)
        {
            string reply = await calls.Ask($"structure {i + 1} of {parts.Count}", Writer(parts[i]), values.Whole("tokens"))
                .ConfigureAwait(false);
            structures[i] = ContextStructure.Parse(reply);
            calls.Note("invalid", structures[i] is null ? 1 : 0);
            calls.Note("sentences", TextPieces.Sentences(parts[i]).Count);
            calls.Note("covered", structures[i]?.Covered(parts[i]) ?? 0);
        }
        string context = structures.Contains(null) && values["part"] == 0
            ? question.Context
            : await Merge(calls, parts, structures).ConfigureAwait(false);
        return await calls.Finish(question.With($"{context}\n\n{question.Question}")).ConfigureAwait(false);
    }

    async Task<string> Merge(MethodCalls calls, IReadOnlyList<string> parts, ContextStructure?[] structures)
    {
        if (structures.Contains(null))
        {
            return string.Join("\n\n", structures.Select((s, i) => s?.Text ?? parts[i].Trim()));
        }
        string scope = structures[0]!.Scope;
        if (structures.Length > 1)
        {
            string scopes = string.Join('\n', structures.Select(s => $"- {s!.Scope}"));
            scope = await calls.Ask(
                "common scope", $"Subjects of the parts of one text:\n{scopes}\n\nWrite one noun phrase that names the common subject.",
                values.Whole("tokens")).ConfigureAwait(false);
        }
        return new ContextStructure(scope, [.. structures.SelectMany(s => s!.Aspects)]).Text;
    }

    static string Writer(string part) =>
        $"""
        Rewrite the text below as a structure of three levels: its scope, a noun phrase; its aspects, numbered noun phrases; and under each
        aspect its descriptions, whole sentences. Keep all facts, names and numbers. Use exactly this form:
        Scope: scope
        1. first aspect
            1.1. first description
            1.2. second description
        2. second aspect
            2.1. first description

        Text:
        {part.Trim()}
        """;
}
