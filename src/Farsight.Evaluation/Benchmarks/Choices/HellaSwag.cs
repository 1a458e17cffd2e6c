using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Choices;

/// <summary>Represents HellaSwag: which of four endings continues a short scene.</summary>
/// <remarks>
/// Version 1. The score is acc_norm, by which it is always quoted; acc is beside it. Without examples. The original JSONL is read if
/// present; klosax's text file, which has the same questions, has the second half of a context without its capital letter. Source:
/// arXiv:1905.07830; EleutherAI/lm-evaluation-harness @4e7e0d4, tasks/hellaswag/utils.py.
/// </remarks>
sealed partial class HellaSwag : IChoiceTask
{
    const string Original = "hellaswag/hellaswag_val.jsonl", Lines = "hellaswag/hellaswag_val_full.txt";

    const int LinesPerQuestion = 6, Endings = 4;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "hellaswag",
            Version: 1,
            "Continuation of a scene",
            "arXiv:1905.07830; EleutherAI/lm-evaluation-harness @4e7e0d4, tasks/hellaswag",
            "acc_norm, 0-shot",
            Chance: 0.25)
        {
            Suites = ["short", "paper"],
            Data =
            [
                new(
                    Lines,
                    "klosax/hellaswag_text_data @1105d37, hellaswag_val_full.txt.bz2; "
                        + "or the original as hellaswag/hellaswag_val.jsonl, from rowanz/hellaswag"
                )
                {
                    Or = Original,
                    Sha256 = "d572539320eb2050e858ca34b495bbe2103e3b3f1391a9c3bcdf215b0bb93bd1",
                },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) => setting.Data.Exists(Original)
        ? DataRecord.Of(setting.Data, Original).Select(OfJson)
        : setting.Data.ReadLines(Lines).Chunk(LinesPerQuestion).Select(OfLines);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices) =>
        ChoiceAccuracy.Score(example, choices, ChoiceAccuracy.AccNorm);

    /// <summary>Cleans a context or an ending.</summary>
    internal static string Clean(string text) =>
        Brackets()
            .Replace(PythonStrings.Strip(text).Replace(" [title]", ". ", StringComparison.Ordinal), "")
            .Replace("  ", " ", StringComparison.Ordinal);

    /// <summary>Returns the prompt of a question.</summary>
    internal static string Query(string activity, string first, string second) => Clean($"{activity}: {first} {Capitalized(second)}");

    static string Capitalized(string text) =>
        text.Length == 0 ? text : text[..1].ToUpperInvariant() + PythonStrings.Lower(text[1..]);

    static EvalExample OfJson(DataRecord record, int index)
    {
        IReadOnlyList<string> endings = record.Texts("endings");
        string label = record.Text("label");
        return endings.Count == Endings && IsLabel(label)
            ? Example(index, Query(record.Text("activity_label"), record.Text("ctx_a"), record.Text("ctx_b")), endings, label)
            : throw record.Lacks("four endings and the number of the right one in 'endings' and 'label'");
    }

    static bool IsLabel(string label) => label is [>= '0' and < (char)('0' + Endings)];

    static EvalExample OfLines(string[] lines, int index) =>
        lines.Length == LinesPerQuestion && IsLabel(lines[1])
            ? Example(index, Clean(lines[0]), lines[2..], lines[1])
            : throw new InputException(
                $"{Lines}, line {index * LinesPerQuestion + 1}: a context, the number of the right ending and four endings are needed, "
                    + "one per line; download the file again."
            );

    static EvalExample Example(int index, string query, IReadOnlyList<string> endings, string label) => new(
        index.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of(query) with { UseChatTemplate = false }, [label], MaxNewTokens: 0)
    {
        Question = query,
        Choices = [.. endings.Select(e => new EvalChoice($" {Clean(e)}"))],
    };

    [GeneratedRegex(@"\[.*?\]", RegexOptions.CultureInvariant)]
    private static partial Regex Brackets();
}
