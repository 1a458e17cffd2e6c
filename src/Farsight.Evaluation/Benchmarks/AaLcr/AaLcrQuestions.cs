using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.AaLcr;

/// <summary>Represents AA-LCR: a hundred questions over sets of documents of about 100K tokens.</summary>
/// <remarks>
/// Version 1. Documents stand in the order of the question's file names, which are matched without the characters that the archive damages.
/// Greedy and one run; the published score is a mean of three. Official judge: Qwen3-235B-A22B-Instruct-2507. Source: data set
/// ArtificialAnalysis/AA-LCR and its card.
/// </remarks>
sealed class AaLcrQuestions : IJudgedTask
{
    const string Questions = "aa-lcr/AA-LCR_Dataset.jsonl", Texts = "aa-lcr/lcr/";
    const int NewTokens = 4096;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = new(
        "aa-lcr", 1, "AA-LCR: reasoning over long documents", "data set ArtificialAnalysis/AA-LCR", "right by a judge", null)
    {
        Data =
        [
            new(Questions, "Hugging Face ArtificialAnalysis/AA-LCR: AA-LCR_Dataset.csv as JSONL"),
            new(Texts, "Hugging Face ArtificialAnalysis/AA-LCR: the folder lcr of extracted_text/AA-LCR_extracted-text.zip"),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DataRecord.Of(setting.Data, Questions).Select(r =>
    {
        string folder = $"{Texts}{r.Text("document_category")}/{r.Text("document_set_id")}/";
        return new EvalExample(r.Text("question_id"), EvalPrompt.Of(Prompt(setting.Data, r, folder)), [r.Text("answer")], NewTokens)
        {
            Question = r.Text("question"),
            Group = r.Text("document_set_id"),
            Groups = new Dictionary<string, string> { ["category"] = r.Text("document_category") },
        };
    });

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions) =>
    [
        new(
            "user",
            "Is the candidate answer consistent with the official answer? Reply with one word, CORRECT or INCORRECT.\n\nQuestion:\n"
                + $"{example.Question}\n\nOfficial answer:\n{example.References[0]}\n\nCandidate answer:\n{completions[^1]}"),
    ];

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) =>
        verdict.Contains("INCORRECT", StringComparison.Ordinal) ? new(0)
        : verdict.Contains("CORRECT", StringComparison.Ordinal) ? new(1)
        : null;

    static string Prompt(EvalData data, DataRecord record, string folder)
    {
        IReadOnlyList<string> files = data.Files(folder);
        IEnumerable<string> blocks = record.Text("data_source_filenames").Split(';').Select((name, i) =>
        {
            string file = files.FirstOrDefault(f => Plain(f) == Plain(name))
                ?? throw new InputException($"{folder} has no file '{PythonStrings.Strip(name)}'; {EvalData.Advice}.");
            string number = (i + 1).ToString(CultureInfo.InvariantCulture);
            return $"BEGIN DOCUMENT {number}:\n{data.ReadText(folder + file)}\nEND DOCUMENT {number}";
        });
        return $"BEGIN INPUT DOCUMENTS\n\n{string.Join("\n\n", blocks)}\n\nEND INPUT DOCUMENTS\n\nAnswer the following question using the "
            + $"input documents provided above.\n\nSTART QUESTION\n\n{record.Text("question")}\n\nEND QUESTION\n";
    }

    // Apostrophes and dashes are damaged in the archive's names.
    static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
}
