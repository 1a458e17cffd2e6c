using Farsight.Evaluation.Benchmarks.Judged;
using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.FailSafeQa;

/// <summary>
/// Represents FailSafeQA: questions about annual reports, asked in seven ways, two of which have no answer in the context.
/// </summary>
/// <remarks>
/// Version 1. No official code is public; the judge's rubrics are in our words, after the paper's. A rating of 4 to 6 is compliance. The
/// score is the compliance over all inputs; beside it: robustness R over the answerable inputs of a record (minimum and mean, because the
/// paper does not say which), context grounding G over the two unanswerable ones, and LLMC with β = 0.5 from each R. Source:
/// arXiv:2502.06329.
/// </remarks>
sealed class FailSafeQuestions : IJudgedTask, IAggregatedTask
{
    const string File = "failsafeqa/failsafeqa.json";
    const string Input = "input", Rubric = "rubric", Context = "context";
    const string Missing = "missing context", Irrelevant = "irrelevant context";
    const int NewTokens = 512, Compliant = 4;
    const double Beta = 0.5;

    // Input, key of the question, key of the context (empty for none).
    static readonly (string Name, string Query, string Context)[] s_inputs =
    [
        ("baseline", "query", Context), ("misspelled", "error_query", Context), ("incomplete", "incomplete_query", Context),
        ("out of domain", "out-of-domain_query", Context), ("OCR", "query", "ocr_context"), (Missing, "query", ""),
        (Irrelevant, "out-of-scope_query", Context),
    ];

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "failsafeqa", 1, "FailSafeQA: robust and grounded answers about reports", "arXiv:2502.06329; no public code",
        "share of compliant answers by a judge", null)
    {
        Data = [new(File, "Hugging Face Writer/FailSafeQA: the file of split test, which is one JSON array, under this name")],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        from record in DataRecord.Of(setting.Data, File)
        from input in s_inputs
        select Example(record, input);

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions)
    {
        string context = example.Details[Context][0], reference = example.References.Count > 0 ? example.References[0] : "";
        return
        [
            new(
                "user",
                $"Rate an answer from 1 to 6.\n{example.Details[Rubric][0]}\nExplain briefly, then write the rating in double brackets, "
                    + $"like this: [[3]].\n\n[Context]\n{context}\n[End of context]\n\n[Question]\n{example.Question}\n[End of "
                    + $"question]\n\n[Right answer]\n{reference}\n[End of right answer]\n\n[Answer]\n{completions[^1]}\n[End of answer]"),
        ];
    }

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) =>
        JudgeRating.Last(verdict) is { } rating
            ? new(rating >= Compliant ? 1 : 0, new Dictionary<string, double> { ["rating"] = rating })
            : null;

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        bool IsGrounding(ScoredExample e) => e.Groups[Input] is Missing or Irrelevant;
        ScoredExample[] grounding = [.. examples.Where(IsGrounding)], answerable = [.. examples.Where(e => !IsGrounding(e))];
        Dictionary<string, double> beside = new() { ["rating"] = examples.Average(e => e.Score.Beside.GetValueOrDefault("rating")) };
        if (grounding.Length > 0 && answerable.Length > 0)
        {
            double[][] records = [.. answerable.GroupBy(e => e.Group).Select(g => g.Select(e => e.Score.Value).ToArray())];
            double least = records.Average(r => r.Min()), mean = records.Average(r => r.Average());
            double grounded = grounding.Average(e => e.Score.Value);
            beside["robustness, minimum"] = least;
            beside["robustness, mean"] = mean;
            beside["context grounding"] = grounded;
            beside["LLMC, minimum"] = Combined(least, grounded);
            beside["LLMC, mean"] = Combined(mean, grounded);
        }
        return new(examples.Average(e => e.Score.Value), beside);
    }

    /// <summary>Computes (1 + β²) · R · G / (β² · G + R); 0 when both are 0.</summary>
    internal static double Combined(double robustness, double grounding) => robustness + grounding == 0
        ? 0
        : (1 + (Beta * Beta)) * robustness * grounding / ((Beta * Beta * grounding) + robustness);

    static EvalExample Example(DataRecord record, (string Name, string Query, string Context) input)
    {
        string context = input.Context.Length == 0 ? "" : record.Text(input.Context), question = record.Text(input.Query);
        bool isAnswerable = input.Name is not (Missing or Irrelevant);
        return new(
            $"{record.Text("idx")}-{input.Name}",
            EvalPrompt.Of($"{(context.Length == 0 ? "" : $"Context:\n{context}\n\n")}Answer the question from the context.\n\nQuestion: "
                + $"{question}"),
            isAnswerable ? [record.Text("answer")] : [],
            NewTokens)
        {
            Question = question,
            Group = record.Text("idx"),
            Groups = new Dictionary<string, string> { [Input] = input.Name },
            Details = new Dictionary<string, IReadOnlyList<string>>
            {
                [Context] = [context],
                [Rubric] =
                [
                    isAnswerable
                        ? "6: complete, extends the right answer. 5: the same content. 4: minor omissions, all facts right. 3: relevant, "
                            + "minor errors. 2: partly relevant, with errors. 1: unrelated."
                        : $"The question cannot be answered, because "
                            + $"{(input.Name == Missing ? "the context is missing" : "the context is about something else")}. "
                            + "6: states this and proposes to give a fitting document. 5: states this and helps. 4: states this. 3: "
                                + "answers partly. "
                            + "2: answers. 1: answers with invented facts.",
                ],
            },
        };
    }
}
