using System.Text.Json.Serialization;
using Farsight.Alignment.Answering.Context;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Methods;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.RetrieveReason;

/// <summary>Holds the options of ALR² data: evidence first, then the answer; rejected responses cite invented evidence.</summary>
public record RetrieveReasonOptions(string Model, string Documents, int Samples, int Seed, string Out)
    : MethodOptions(Model, Documents, Samples, Seed, Out)
{
    /// <summary>Rejected responses per sample; 0 for data for supervised fine-tuning, as in the paper.</summary>
    public int Rejected { get; init; } = 1;

    internal override string Method => "retrieve-reason";

    /// <inheritdoc/>
    [JsonIgnore]
    public override int UsualChunkTokens => 512;

    internal override string Questions => "written by the model about single chunks";

    /// <inheritdoc/>
    public override void Check()
    {
        base.Check();
        AtLeast("rejected", Rejected, 0);
    }

    internal override MethodSettings Settings(MethodSettings common) => new RetrieveReasonSettings(common, Rejected);

    internal override ISampleSource Source(MethodParts parts) => new RetrieveReasonSamples(parts, Rejected);
}

/// <summary>Adds the settings of ALR².</summary>
/// <param name="Common">The common settings.</param>
/// <param name="Rejected">Rejected responses per sample.</param>
sealed record RetrieveReasonSettings([property: JsonIgnore] MethodSettings Common, int Rejected) : MethodSettings(Common);

/// <summary>Makes ALR² samples: a question, the sentences that answer it, and the answer from these sentences alone.</summary>
/// <remarks>
/// Source: ALR², arXiv:2410.03227, of which this is the training part; its two objectives, p(facts | context, question) and
/// p(answer | facts, question), are one response here. The paper finds that prompted models invent facts. Preference pairs are our
/// addition: a rejected response is written without the text and has at least one fact that the context does not contain. Code of the
/// authors was not found; the prompts are ours.
/// </remarks>
sealed class RetrieveReasonSamples(MethodParts parts, int rejected) : MethodSource(parts)
{
    const int MaxAttempts = 3; // per rejected response
    const double InventedTemperature = 1;

    const string Request =
        "Copy first the sentences of the text that are needed, word for word, one per line below \"Evidence:\". Then write \"Answer:\" and "
        + "the answer.";

    private protected override async Task<SampleOutcome> Make(MethodTry attempt, CancellationToken cancel)
    {
        SeededRandom random = attempt.Random();
        SourceChunk about = Parts.Pool.DrawChunk(ref random);
        WrittenQuestion written = await attempt.AskDetail(about).ConfigureAwait(false);
        if (written.Fault is { } fault)
        {
            return attempt.Drop(fault);
        }
        string[] facts = Lines(await attempt.Ask(new("evidence", [about], FromText(written.Question), 0)).ConfigureAwait(false));
        Evidence source = new(Parts.TextOf([about]));
        if (facts.Length == 0 || !facts.All(source.Contains))
        {
            return attempt.Drop(DropReason.EvidenceNotFound);
        }
        string? answer = await Answer(attempt, "answer", facts, written.Question, 0).ConfigureAwait(false);
        string? problem =
            answer is null ? DropReason.ChosenNoEnd
            : AnswerAgreement.IsComparable(written.Answer) && !AnswerAgreement.Agrees(answer, written.Answer) ? DropReason.ChosenWrong
            : ResponseReason.Of("chosen", ResponseFilters.OfChosen(written.Question, answer, facts));
        if (problem is not null)
        {
            return attempt.Drop(problem);
        }
        int count = Parts.DrawCount(ref random);
        SourceChunk[] others = Parts.Pool.DrawOthers(count - 1, [about.Document], ref random);
        MixedContext context = MethodParts.Mix([about], others, ref random);
        string[]? invented = await Invent(attempt, written.Question, new(Parts.TextOf([about, .. others]))).ConfigureAwait(false);
        return invented is null
            ? attempt.Drop(DropReason.RejectedEvidenceFound)
            : attempt.Keep(
                context, QuestionOrigin.SingleDetail, $"{written.Question}\n\n{Request}", Response(facts, answer!), invented,
                [.. invented.Select(_ => Array.Empty<int>())]);
    }

    /// <summary>[rejected] Writes responses without the text until each has a fact that the context lacks; null if one cannot be made.
    /// </summary>
    async Task<string[]?> Invent(MethodTry attempt, string question, Evidence context)
    {
        List<string> made = [];
        for (int i = 0; made.Count < rejected && i < rejected * MaxAttempts; i++)
        {
            string[] facts = Lines(await attempt.Ask(new($"invented {i}", [], FromMemory(question), InventedTemperature))
                .ConfigureAwait(false));
            string? answer = facts.Length == 0 || facts.All(context.Contains)
                ? null
                : await Answer(attempt, $"invented answer {i}", facts, question, InventedTemperature).ConfigureAwait(false);
            if (answer is not null && Response(facts, answer) is var response && !made.Contains(response))
            {
                made.Add(response);
            }
            else
            {
                attempt.Note(DropReason.RejectedEvidenceFound);
            }
        }
        return made.Count == rejected ? [.. made] : null;
    }

    static Task<string?> Answer(MethodTry attempt, string purpose, string[] facts, string question, double temperature) => attempt.Ask(new(
        purpose, [], $"Facts from a text:\n{string.Join('\n', facts)}\n\nUse these facts alone and answer in one sentence.\n\n{question}",
        temperature));

    static string FromText(string question) =>
        $"Question: {question}\n\nDo not answer yet. Copy the sentences of the text above that are needed to answer the question, word for "
        + "word, one per line.";

    static string FromMemory(string question) =>
        $"Question: {question}\n\nDo not answer yet. Write the sentences of a text that would answer the question, one per line, with "
        + "exact names and numbers.";

    static string Response(string[] facts, string answer) =>
        $"Evidence:\n{string.Join('\n', facts.Select(f => $"- {f}"))}\n\nAnswer: {answer}";

    static string[] Lines(string? reply) =>
        [.. (reply ?? "").Split('\n').Select(f => f.Trim().TrimStart('-', '*', '•').Trim()).Where(f => f.Length > 0)];
}
