using System.Globalization;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Methods;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Clarify;

/// <summary>
/// Makes AgenticLU samples: the model asks itself clarifying questions, points to the chunks that help, and answers again.
/// </summary>
/// <remarks>
/// Source: "Self-Taught Agentic Long Context Understanding", arXiv:2502.15920; the prompts are ours. Each chunk is judged alone, and a
/// verdict counts by its first word; the authors' code refuses a chunk whose verdict contains "no" anywhere, also in "know". The score of a
/// node is the F1 of its answer's words with the known answer, plus 1 if the two agree; the authors use ROUGE-L and a judge. Right nodes
/// are not expanded further, and of the wrong ones only the best. The best node must be right and better than the rejected one.
/// </remarks>
sealed class ClarifySamples(MethodParts parts, ClarifyOptions options) : MethodSource(parts)
{
    const double QuestionTemperature = 1, VerdictTemperature = 0.2;

    const string Request =
        "Ask yourself first what has to be clarified. Write for each clarifying question a line \"Clarify:\" with the question, a line "
        + "\"Pointers:\" with the paragraphs that help, such as <para 3>, and a line \"Note:\" with what they say. Then write \"Answer:\" "
        + "and the answer.";

    private protected override async Task<SampleOutcome> Make(MethodTry attempt, CancellationToken cancel)
    {
        SeededRandom random = attempt.Random();
        SourceChunk about = Parts.Pool.DrawChunk(ref random);
        WrittenQuestion written = await attempt.AskDetail(about).ConfigureAwait(false);
        if (written.Fault is { } fault)
        {
            return attempt.Drop(fault);
        }
        if (!AnswerAgreement.IsComparable(written.Answer))
        {
            return attempt.Drop(DropReason.ChosenWrong);
        }
        SourceChunk[] others = Parts.Pool.DrawOthers(Parts.DrawCount(ref random) - 1, [about.Document], ref random);
        SourceChunk[] chunks = [about, .. others];
        random.Shuffle<SourceChunk>(chunks);
        List<ClarifyNode> tree = await Grow(attempt, chunks, written).ConfigureAwait(false);
        ClarifyNode? best = tree.Where(n => n.IsRight).MaxBy(n => n.Score);
        if (best is null)
        {
            return attempt.Drop(DropReason.ChosenWrong);
        }
        ClarifyNode? worst = Rejected(tree, best);
        if (options.Pairs != ClarifyPairs.None && worst is null)
        {
            return attempt.Drop(DropReason.NoMargin);
        }
        MixedContext context = Marked(chunks, about, best);
        return attempt.Keep(
            context, QuestionOrigin.SingleDetail, $"{written.Question}\n\n{Request}", best.Response(),
            worst is null ? [] : [worst.Response()], worst is null ? [] : [worst.Pointers()],
            string.Create(CultureInfo.InvariantCulture, $"depth{best.Depth}"));
    }

    /// <summary>Returns the node to reject; null for none, or if it is not worse than the best.</summary>
    ClarifyNode? Rejected(List<ClarifyNode> tree, ClarifyNode best)
    {
        ClarifyNode? worst = options.Pairs switch
        {
            ClarifyPairs.None => null,
            ClarifyPairs.Siblings => tree.Where(n => n.Parent == best.Parent).MinBy(n => n.Score),
            _ => tree.MinBy(n => n.Score),
        };
        return worst is not null && worst.Score < best.Score ? worst : null;
    }

    /// <summary>Expands the tree round by round.</summary>
    async Task<List<ClarifyNode>> Grow(MethodTry attempt, SourceChunk[] chunks, WrittenQuestion asked)
    {
        List<ClarifyNode> tree = [];
        ClarifyNode?[] open = [null];
        for (int depth = 1; depth <= options.Depth && open.Length > 0; depth++)
        {
            List<ClarifyNode> round = [];
            foreach ((int i, ClarifyNode? parent) in open.Index())
            {
                round.AddRange(await Expand(attempt, chunks, asked, parent, $"{depth}/{i}").ConfigureAwait(false));
            }
            tree.AddRange(round);
            open = [.. round.Where(n => !n.IsRight).OrderByDescending(n => n.Score).Take(options.Expanded)];
        }
        return tree;
    }

    /// <summary>Asks clarifying questions below a node, finds the chunks that help, and answers; each step is one batch.</summary>
    async Task<IReadOnlyList<ClarifyNode>> Expand(
        MethodTry attempt, SourceChunk[] chunks, WrittenQuestion asked, ClarifyNode? parent, string place)
    {
        string known = parent is null ? "" : $"Known so far:\n{parent.Notes()}\n\n";
        IReadOnlyList<string?> replies = await attempt.AskAll(
        [
            .. Enumerable.Range(0, options.Breadth).Select(i => new MethodRequest(
                $"clarify {place}/{i}", [],
                $"A long text answers this question: {asked.Question}\n\n{known}Write one short question that has to be clarified with the "
                    + "text first. Write the question only.",
                QuestionTemperature)),
        ]).ConfigureAwait(false);
        string[] questions = [.. replies.OfType<string>().Select(OneLine).Distinct()];
        IReadOnlyList<string?> verdicts = await attempt.AskAll(
        [
            .. questions.SelectMany((q, i) => chunks.Select((c, k) => new MethodRequest(
                $"helps {place}/{i}/{k}", [c],
                $"Does this text help to answer the question \"{q}\"? Answer with yes, maybe or no first.", VerdictTemperature))),
        ]).ConfigureAwait(false);
        ClarifyDraft[] drafts =
        [
            .. questions
                .Select((q, i) => new ClarifyDraft(
                    q, [.. Enumerable.Range(0, chunks.Length).Where(k => Helps(verdicts[(i * chunks.Length) + k]))]))
                .Where(d => d.Pointers.Length > 0),
        ];
        IReadOnlyList<string?> notes = await attempt.AskAll(
        [
            .. drafts.Select((d, i) => new MethodRequest(
                $"note {place}/{i}", [.. d.Pointers.Select(k => chunks[k])], $"Answer in one sentence from this text: {d.Question}", 0)),
        ]).ConfigureAwait(false);
        ClarifyNode[] nodes =
        [
            .. drafts.Zip(notes).Where(p => p.Second is not null)
                .Select(p => new ClarifyNode(parent, p.First.Question, p.First.Pointers, OneLine(p.Second!))),
        ];
        IReadOnlyList<string?> answers = await attempt.AskAll(
        [
            .. nodes.Select((n, i) => new MethodRequest(
                $"answer {place}/{i}", [], $"{n.Notes()}\n\nUse these notes and answer in one sentence: {asked.Question}", 0)),
        ]).ConfigureAwait(false);
        return [.. nodes.Zip(answers).Where(p => p.Second is not null).Select(p => p.First.Answered(OneLine(p.Second!), asked.Answer))];
    }

    /// <summary>Puts a mark with its number before every chunk, so that pointers can be read in the context.</summary>
    MixedContext Marked(SourceChunk[] chunks, SourceChunk about, ClarifyNode best)
    {
        ContextChunk[] marked =
        [
            .. chunks.Select((c, k) => new ContextChunk(
                c.Document,
                c.Index,
                [.. Parts.Model.Tokenizer.EncodeInside(ClarifyNode.Mark(k) + " "), .. c.Tokens],
                c == about ? 1 : 0,
                c == about ? ChunkRole.Relevant : ChunkRole.Irrelevant)),
        ];
        return new(marked, best.Pointers());
    }

    static bool Helps(string? verdict) =>
        MethodTry.IsYes(verdict)
        || (verdict is not null && verdict.TrimStart(' ', '*', '"').StartsWith("maybe", StringComparison.OrdinalIgnoreCase));

    static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    sealed record ClarifyDraft(string Question, int[] Pointers);
}

/// <summary>Represents a round of clarification below another one.</summary>
/// <param name="Parent">The round before; null for the first.</param>
/// <param name="Question">The clarifying question.</param>
/// <param name="Helpful">Indices of the chunks that help, ascending.</param>
/// <param name="Note">The answer to the clarifying question.</param>
sealed record ClarifyNode(ClarifyNode? Parent, string Question, int[] Helpful, string Note)
{
    string _answer = "";

    /// <summary>Number of rounds up to this one.</summary>
    internal int Depth => 1 + (Parent?.Depth ?? 0);

    /// <summary>F1 of the answer's words with the known answer, plus 1 if the two agree.</summary>
    internal double Score { get; private init; }

    /// <summary>Whether the answer agrees with the known one.</summary>
    internal bool IsRight { get; private init; }

    /// <summary>Adds the answer to the original question, and scores it.</summary>
    internal ClarifyNode Answered(string answer, string gold)
    {
        bool isRight = AnswerAgreement.Agrees(answer, gold);
        return this with { _answer = answer, IsRight = isRight, Score = AnswerAgreement.Overlap(answer, gold) + (isRight ? 1 : 0) };
    }

    /// <summary>Returns the mark of a chunk: "&lt;para 1&gt;" for the first.</summary>
    internal static string Mark(int chunk) => string.Create(CultureInfo.InvariantCulture, $"<para {chunk + 1}>");

    /// <summary>Returns the chunks that this round and those before point to, ascending.</summary>
    internal int[] Pointers() => [.. Path().SelectMany(n => n.Helpful).Distinct().Order()];

    /// <summary>Returns the questions and notes of all rounds up to this one.</summary>
    internal string Notes() => string.Join('\n', Path().Select(n => $"{n.Question} {n.Note}"));

    /// <summary>Returns the response: all rounds, then the answer.</summary>
    internal string Response() => string.Concat(Path().Select(n =>
        $"Clarify: {n.Question}\nPointers: {string.Join(' ', n.Helpful.Select(Mark))}\nNote: {n.Note}\n\n")) + $"Answer: {_answer}";

    IEnumerable<ClarifyNode> Path() => Parent is null ? [this] : [.. Parent.Path(), this];
}
