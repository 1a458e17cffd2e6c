using System.Globalization;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Choices;

/// <summary>Represents MMLU: 14,042 questions of 57 subjects with four choices, after five worked examples of the subject.</summary>
/// <remarks>
/// Version 1. Value and "micro" are the share of right answers over all questions; "macro" is the mean of the subjects' shares. The prompt
/// is the original's, with two spaces before the subject (lm-evaluation-harness has one), and is continued as it is; the most likely of "
/// A", " B", " C", " D" is the answer. The original leaves worked examples away until a prompt fits 2,048 tokens; here one that is longer
/// than the window is a failure. Source: arXiv:2009.03300; hendrycks/test, evaluate.py.
/// </remarks>
sealed class Mmlu : IChoiceTask, IAggregatedTask
{
    const string Subject = "subject", Development = "mmlu/dev/", Test = "mmlu/test/", Letters = "ABCD";

    const int Shots = 5, Columns = 6;

    static readonly EvalChoice[] s_choices = [.. Letters.Select(l => new EvalChoice($" {l}"))];

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "mmlu",
            Version: 1,
            "Knowledge in 57 subjects",
            "arXiv:2009.03300; hendrycks/test, evaluate.py",
            "share of right answers, 5-shot",
            Chance: 0.25)
        {
            Suites = ["short", "paper"],
            Data =
            [
                new(Development, "hendrycks/test: data/dev of its data.tar, 57 CSV files *_dev.csv"),
                new(Test, "hendrycks/test: data/test of its data.tar, 57 CSV files *_test.csv"),
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        foreach (string file in setting.Data.Files(Test))
        {
            string subject = file.Replace("_test.csv", "", StringComparison.Ordinal);
            string shots =
                $"The following are multiple choice questions (with answers) about  {subject.Replace('_', ' ')}.\n\n"
                + string.Concat(
                    Rows(setting.Data, $"{Development}{subject}_dev.csv").Take(Shots).Select(row => $"{Question(row)} {row[^1]}\n\n"));
            int number = 0;
            foreach (string[] row in Rows(setting.Data, Test + file))
            {
                yield return new(
                    string.Create(CultureInfo.InvariantCulture, $"{subject}-{number++}"),
                    EvalPrompt.Of(shots + Question(row)) with
                    {
                        UseChatTemplate = false,
                    },
                    [Letters.IndexOf(row[^1], StringComparison.Ordinal).ToString(CultureInfo.InvariantCulture)],
                    MaxNewTokens: 0)
                {
                    Question = row[0],
                    Groups = new Dictionary<string, string> { [Subject] = subject },
                    Choices = s_choices,
                };
            }
        }
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices) =>
        EvalScore.Of(
            ChoiceAccuracy.Best([.. choices.Select(c => c.LogProb)]).ToString(CultureInfo.InvariantCulture) == example.References[0]);

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        double micro = examples.Average(e => e.Score.Value);
        double macro = examples.GroupBy(e => e.Groups.GetValueOrDefault(Subject)).Average(s => s.Average(e => e.Score.Value));
        return new(micro, new Dictionary<string, double> { ["micro"] = micro, ["macro"] = macro });
    }

    static string Question(string[] row) =>
        row[0] + string.Concat(Letters.Select((letter, i) => $"\n{letter}. {row[1 + i]}")) + "\nAnswer:";

    /// <summary>Reads a file of questions: the question, four choices, and the letter of the right one.</summary>
    /// <exception cref="InputException">The file is missing, or a row has another form.</exception>
    internal static IEnumerable<string[]> Rows(EvalData data, string path) =>
        PythonCsv
            .ReadText(data.ReadText(path))
            .Select(
                (row, i) =>
                    row.Length == Columns && row[^1].Length == 1 && Letters.Contains(row[^1][0])
                        ? row
                        : throw new InputException(
                            $"{path}, row {i + 1}: a question, four choices and one of A, B, C, D are needed, but the row has {row.Length} "
                                + "fields; download the file again."
                        ));
}
