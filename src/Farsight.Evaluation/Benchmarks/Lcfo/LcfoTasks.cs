using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Lcfo;

/// <summary>
/// Represents LCFO's gradual summaries, a document of 5,000 words in 20, 10 and 5 percent of its length, their expansion, and questions
/// about the documents.
/// </summary>
/// <remarks>
/// Version 1. Documents without a source text, which the published data lack in most domains, are left out and reported. The columns of the
/// questions are not public, so the file has a form of its own. Prompts are ours, the official ones are not public. The scores are F of
/// ROUGE-L and F1 of tokens; the paper's human scores need people. The data are for non-commercial use (CC BY-NC 4.0). Source:
/// arXiv:2412.08268; data set facebook/LCFO.
/// </remarks>
sealed class LcfoTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
    [
        .. from isExpansion in (bool[])[false, true] from percent in (int[])[20, 10, 5] select new LcfoTask(percent, isExpansion),
        new LcfoQuestions(),
    ];
}

/// <summary>Reads the documents.</summary>
static class LcfoData
{
    const string File = "lcfo/source_data.jsonl", Source = "source";

    /// <summary>Returns the card of a task.</summary>
    internal static EvalTaskCard Card(string name, string title, string metric) => new(
        $"lcfo_{name}", 1, $"LCFO: {title}", "arXiv:2412.08268; data set facebook/LCFO", metric, null)
    {
        Benchmark = "lcfo",
        Data =
        [
            new(
                File,
                "Hugging Face facebook/LCFO: data/source_data.parquet as JSONL with the columns source, summary_20, summary_10, summary_5 "
                    + "and questions, a list of objects with question and answer; rebuild the missing sources"),
        ],
    };

    /// <summary>Returns the documents that have a source text and another column, with their numbers.</summary>
    internal static IEnumerable<(DataRecord Record, int Index)> With(EvalData data, string column) =>
        DataRecord.Of(data, File).Select((r, i) => (r, i)).Where(r => IsComplete(r.r, column));

    /// <summary>Returns how many documents lack the source text or another column; null for none.</summary>
    internal static string? Omission(EvalData data, string column)
    {
        DataRecord[] all = [.. DataRecord.Of(data, File)];
        int left = all.Count(r => !IsComplete(r, column));
        return left == 0 ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"{left} of {all.Length} documents are left out, because they have no '{Source}' or no '{column}'; rebuild the missing texts.");
    }

    /// <summary>Returns the source text.</summary>
    internal static string SourceOf(DataRecord record) => record.Text(Source);

    /// <summary>Returns the name of a document.</summary>
    internal static string IdOf(DataRecord record, int index) =>
        record.Has("id") ? record.Text("id") : index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns the groups of a document.</summary>
    internal static Dictionary<string, string> GroupsOf(DataRecord record) =>
        new() { ["domain"] = record.Has("domain") ? record.Text("domain") : "unknown" };

    static bool IsComplete(DataRecord record, string column) =>
        record.Has(Source) && SourceOf(record).Length > 0 && record.Has(column);
}

/// <summary>Represents the summaries of one length, or the documents that are written from them.</summary>
sealed class LcfoTask(int percent, bool isExpansion) : IGeneratedTask
{
    const int DocumentTokens = 10_000;

    string Name { get; } = percent.ToString(CultureInfo.InvariantCulture);

    string Column => $"summary_{Name}";

    /// <inheritdoc/>
    public EvalTaskCard Card => LcfoData.Card(
        $"{(isExpansion ? "expansion_" : "")}{Name}", $"{(isExpansion ? "document from a " : "")}summary of {Name} percent",
        "F of ROUGE-L") with
    {
        Metrics = [new("length ratio") { IsShare = false }],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => LcfoData.With(setting.Data, Column).Select(item =>
    {
        string document = LcfoData.SourceOf(item.Record), summary = item.Record.Text(Column);
        string prompt = isExpansion
            ? $"{summary}\n\nThis is the summary of a document, in {Name} percent of its length. Write the whole document. Write the "
                + "document only."
            : $"{document}\n\nSummarize this document in {Name} percent of its length. Write the summary only.";
        return new EvalExample(
            LcfoData.IdOf(item.Record, item.Index),
            EvalPrompt.Of(prompt) with { Cut = PromptCuts.LongBenchV2Middle },
            [isExpansion ? document : summary],
            isExpansion ? DocumentTokens : DocumentTokens / 100 * percent)
        {
            Groups = LcfoData.GroupsOf(item.Record),
        };
    });

    /// <inheritdoc/>
    public string? Omission(EvalSetting setting) => LcfoData.Omission(setting.Data, Column);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(
        GoogleRouge.L(example.References[0], completion).F1,
        new Dictionary<string, double>
        {
            ["length ratio"] = (double)completion.Length / Math.Max(1, example.References[0].Length),
        });
}

/// <summary>Represents the questions about the documents.</summary>
sealed class LcfoQuestions : IGeneratedTask
{
    const string Column = "questions";
    const int NewTokens = 256;

    // Not found by the catalog, because a task of a family is made by it.
    internal LcfoQuestions()
    {
    }

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = LcfoData.Card(Column, "questions about a document", "F1 of tokens") with
    {
        Metrics = [new("ROUGE-L")],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        from item in LcfoData.With(setting.Data, Column)
        let document = LcfoData.IdOf(item.Record, item.Index)
        from asked in item.Record.Records(Column).Index()
        let question = asked.Item.Text("question")
        select new EvalExample(
            string.Create(CultureInfo.InvariantCulture, $"{document}-{asked.Index}"),
            EvalPrompt.Of(
                $"{LcfoData.SourceOf(item.Record)}\n\nAnswer the question about this document, in one or two sentences.\n\n"
                    + $"Question: {question}") with
            { Cut = PromptCuts.LongBenchV2Middle },
            asked.Item.SomeTexts("answer"),
            NewTokens)
        {
            Question = question,
            Group = document,
            Groups = LcfoData.GroupsOf(item.Record),
        };

    /// <inheritdoc/>
    public string? Omission(EvalSetting setting) => LcfoData.Omission(setting.Data, Column);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(
        TokenF1.OfAnswers(completion, example.References).F1,
        new Dictionary<string, double> { ["ROUGE-L"] = example.References.Max(r => GoogleRouge.L(r, completion).F1) });
}
