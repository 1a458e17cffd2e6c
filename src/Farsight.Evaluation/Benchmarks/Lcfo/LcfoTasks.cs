using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Lcfo;

/// <summary>
/// Represents LCFO's gradual summaries, a document of 5,000 words in 20, 10 and 5 percent of its length, and their expansion.
/// </summary>
/// <remarks>
/// Version 1. The published data lack the source text of most domains; the task reports the record that lacks one. Prompts are ours, the
/// official ones are not public. The score is F of ROUGE-L; the paper's human scores need people. Its questions about documents are not
/// here, because the names of their columns are not public. The data are for non-commercial use (CC BY-NC 4.0). Source: arXiv:2412.08268;
/// data set facebook/LCFO.
/// </remarks>
sealed class LcfoTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        from isExpansion in (bool[])[false, true] from percent in (int[])[20, 10, 5] select new LcfoTask(percent, isExpansion);
}

/// <summary>Represents the summaries of one length, or the documents that are written from them.</summary>
sealed class LcfoTask(int percent, bool isExpansion) : IGeneratedTask
{
    const string File = "lcfo/source_data.jsonl";
    const int DocumentTokens = 10_000;

    string Name { get; } = percent.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public EvalTaskCard Card => new(
        $"lcfo_{(isExpansion ? "expansion_" : "")}{Name}", 1,
        isExpansion ? $"LCFO: document from a summary of {Name} percent" : $"LCFO: summary of {Name} percent",
        "arXiv:2412.08268; data set facebook/LCFO", "F of ROUGE-L", null)
    {
        Benchmark = "lcfo",
        Metrics = [new("length ratio") { IsShare = false }],
        Data =
        [
            new(
                File,
                "Hugging Face facebook/LCFO: data/source_data.parquet as JSONL with the columns source and summary_20, summary_10, "
                    + "summary_5; rebuild the missing sources"),
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => DataRecord.Of(setting.Data, File).Select((r, i) =>
    {
        string document = r.Text("source"), summary = r.Text($"summary_{Name}");
        string prompt = isExpansion
            ? $"{summary}\n\nThis is the summary of a document, in {Name} percent of its length. Write the whole document. Write the "
                + "document only."
            : $"{document}\n\nSummarize this document in {Name} percent of its length. Write the summary only.";
        return new EvalExample(
            r.Has("id") ? r.Text("id") : i.ToString(CultureInfo.InvariantCulture),
            EvalPrompt.Of(prompt) with { Cut = PromptCuts.LongBenchV2Middle },
            [isExpansion ? document : summary],
            isExpansion ? DocumentTokens : DocumentTokens / 100 * percent)
        {
            Groups = new Dictionary<string, string> { ["domain"] = r.Has("domain") ? r.Text("domain") : "unknown" },
        };
    });

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(
        GoogleRouge.L(example.References[0], completion).F1,
        new Dictionary<string, double>
        {
            ["length ratio"] = (double)completion.Length / Math.Max(1, example.References[0].Length),
        });
}
