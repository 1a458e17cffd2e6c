using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Choices;

/// <summary>
/// Represents TruthfulQA's multiple choice: MC1 and MC2 on the 817 questions of the paper and on the 790 of 2025, MC0 on the latter.
/// </summary>
/// <remarks>
/// Version 1. MC1 and MC0: the one true answer is the most likely. MC2: the probability of the true answers together, of all; computed from
/// differences, so that long answers do not make it NaN as they do in the original. Probabilities are not normalized by length. The
/// questions follow a fixed primer of six, which is read from the user's copy of lm-evaluation-harness. The file of 2025 has an empty
/// answer in some of its lists, true or false; it is scored as the file has it, as a space. Source: arXiv:2109.07958; sylinrl/TruthfulQA,
/// models.py; EleutherAI/lm-evaluation-harness @4e7e0d4, tasks/truthfulqa.
/// </remarks>
sealed class TruthfulQaTasks : IEvalTaskFamily
{
    const string PaperFile = "truthfulqa/v1_mc_task.json", RevisedFile = "truthfulqa/mc_task.json";

    static readonly EvalDataFile s_paper = new(PaperFile, "koppula/TruthfulQA @4dee231, data/v1/mc_task.json")
    {
        Sha256 = "b3799639bc76c939836d587de7d30b48d91012cb34be04806d33106ce06c162a",
    };

    static readonly EvalDataFile s_revised = new(RevisedFile, "koppula/TruthfulQA @4dee231, data/mc_task.json")
    {
        Sha256 = "c90d853454fd48c676accb33e16923ac438dbb6fb37ecc7c6a70e33c9e556e87",
    };

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } =
    [
        new MultipleChoice("truthfulqa_mc1", "mc1_targets", "One true answer among false ones", s_paper, ["short", "paper"]),
        new MultipleChoice("truthfulqa_mc2", "mc2_targets", "True answers among false ones", s_paper, ["short", "paper"]),
        new MultipleChoice("truthfulqa_2025_mc0", "mc0_targets", "A true answer and a false one, 2025", s_revised, ["short"]),
        new MultipleChoice("truthfulqa_2025_mc1", "mc1_targets", "One true answer among false ones, 2025", s_revised, ["short"]),
        new MultipleChoice("truthfulqa_2025_mc2", "mc2_targets", "True answers among false ones, 2025", s_revised, ["short"]),
    ];

    /// <summary>Returns the share of the probability that the true answers have.</summary>
    /// <param name="logProbs">The log-probabilities of all answers.</param>
    /// <param name="isTrue">Which are true.</param>
    internal static double TrueMass(IReadOnlyList<double> logProbs, IReadOnlyList<bool> isTrue)
    {
        double max = logProbs.Max();
        double[] weights = [.. logProbs.Select(p => Math.Exp(p - max))];
        return weights.Where((_, i) => isTrue[i]).Sum() / weights.Sum();
    }

    sealed class MultipleChoice(string name, string targets, string title, EvalDataFile file, IReadOnlyList<string> suites) : IChoiceTask
    {
        public EvalTaskCard Card { get; } =
            new(
                name,
                Version: 1,
                title,
                "arXiv:2109.07958; EleutherAI/lm-evaluation-harness @4e7e0d4, tasks/truthfulqa",
                targets == "mc2_targets" ? "probability of the true answers" : "true answer most likely",
                Chance: targets == "mc0_targets" ? 0.5 : null)
            {
                Benchmark = "truthfulqa",
                Suites = suites,
                Data = [file, TruthfulQaPrimer.File],
            };

        public IEnumerable<EvalExample> Examples(EvalSetting setting)
        {
            string primer = TruthfulQaPrimer.Read(setting.Data);
            return DataRecord.Of(setting.Data, file.Path).Select((record, index) => Example(primer, record, index));
        }

        public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices)
        {
            bool[] isTrue = [.. example.Choices.Select((_, i) => example.References.Contains(i.ToString(CultureInfo.InvariantCulture)))];
            double[] logProbs = [.. choices.Select(c => c.LogProb)];
            return targets == "mc2_targets" ? new(TrueMass(logProbs, isTrue)) : EvalScore.Of(isTrue[ChoiceAccuracy.Best(logProbs)]);
        }

        EvalExample Example(string primer, DataRecord record, int index)
        {
            string question = record.Text("question");
            IReadOnlyList<(string Answer, string IsTrue)> all = record.Inner(targets).TextFields();
            string[] isTrue = [.. all.Index().Where(a => a.Item.IsTrue == "1").Select(a => a.Index.ToString(CultureInfo.InvariantCulture))];
            return new(
                index.ToString(CultureInfo.InvariantCulture),
                EvalPrompt.Of($"{primer}\n\nQ: {question}\nA:") with
                {
                    UseChatTemplate = false,
                },
                isTrue.Length > 0 ? isTrue : throw record.Lacks($"a true answer in '{targets}'"),
                MaxNewTokens: 0)
            {
                Question = question,
                Choices = [.. all.Select(a => new EvalChoice($" {a.Answer}"))],
            };
        }
    }
}

/// <summary>Reads the six questions and answers that precede every question of TruthfulQA from the user's file.</summary>
static partial class TruthfulQaPrimer
{
    internal static EvalDataFile File { get; } =
        new(
            "lm_eval_task_configs/truthfulqa_mc1.yaml",
            "EleutherAI/lm-evaluation-harness @4e7e0d4, lm_eval/tasks/truthfulqa/truthfulqa_mc1.yaml");

    /// <summary>Returns the primer, a Jinja string inside the task's template.</summary>
    /// <exception cref="InputException">The file is missing, or contains no such string.</exception>
    internal static string Read(EvalData data)
    {
        Match match = Primer().Match(PromptYaml.Text(data, File.Path, "doc_to_text"));
        return match.Success
            ? match.Groups[1].Value
            : throw new InputException($"{File.Path} has no prompt_qa in its doc_to_text; download the file of the named commit again.");
    }

    [GeneratedRegex(@"set prompt_qa = '(.*?)'\s*%\}", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Primer();
}
