using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;

namespace Farsight.Evaluation.Benchmarks.Niah;

/// <summary>Represents a needle of the retrieval head paper (Wu et al. 2024).</summary>
/// <param name="Hidden">The text that is hidden.</param>
/// <param name="Question">The question.</param>
/// <param name="Gold">The part of it that answers the question.</param>
sealed record OriginalNeedle(string Hidden, string Question, string Gold)
{
    const string Path = "retrieval_head/needles.jsonl";

    /// <summary>Gets the file of the needles.</summary>
    internal static EvalDataFile File { get; } = new(
        Path, "nightdessert/Retrieval_Head @3ac171a: haystack_for_detect/needles.jsonl; lines of needle, question, real_needle");

    /// <summary>Reads the needles, at least one.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    internal static OriginalNeedle[] Read(EvalData data) =>
        DataRecord.Of(data, Path).Select(n => new OriginalNeedle(n.Text("needle"), n.Text("question"), n.Text("real_needle"))).ToArray()
            is { Length: > 0 } needles
            ? needles
            : throw new InputException($"{Path} has no needles; {EvalData.Advice}.");

    /// <summary>Computes the share of the needle's words in a response without a judge: recall of Google's ROUGE-1 with stemmer.</summary>
    /// <returns>Percent.</returns>
    internal static double Recall(string gold, string response) => GoogleRouge.N(gold, response, 1, stem: true).Recall * 100;

    /// <summary>Determines whether a response has more than half of the needle's words.</summary>
    internal static bool IsFound(string gold, string response) => Recall(gold, response) > 50;
}
