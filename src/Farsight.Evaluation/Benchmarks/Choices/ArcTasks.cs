using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Choices;

/// <summary>Represents ARC, easy and challenge: school science questions with three to five choices.</summary>
/// <remarks>
/// Version 1. The prompt is "Question: … Answer:" without examples, the choices are the answers' texts. The score is acc; acc_norm, by
/// which leaderboards rank, is beside it. The original JSONL is read if present, else LLM-Adapters' copy, which has the questions
/// inside an instruction; the two differ in nothing that is asked. Source: arXiv:1803.05457; EleutherAI/lm-evaluation-harness @4e7e0d4,
/// tasks/arc.
/// </remarks>
sealed partial class ArcTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } = [new Arc("arc_easy", "Easy"), new Arc("arc_challenge", "Challenge")];

    sealed partial class Arc(string name, string set) : IChoiceTask
    {
        readonly string _original = $"arc/ARC-{set}-Test.jsonl", _copy = $"arc/ARC-{set}-test.llm_adapters.json";

        public EvalTaskCard Card { get; } =
            new(
                name,
                Version: 1,
                $"School science, {set.ToLowerInvariant()}",
                "arXiv:1803.05457; EleutherAI/lm-evaluation-harness @4e7e0d4, tasks/arc",
                "acc, 0-shot",
                Chance: 0.25)
            {
                Benchmark = "arc",
                Suites = ["short", "paper"],
                Data =
                [
                    new(
                        $"arc/ARC-{set}-test.llm_adapters.json",
                        $"AGI-Edgerunners/LLM-Adapters @8166572, dataset/ARC-{set}/test.json; "
                            + $"or the original as arc/ARC-{set}-Test.jsonl, from the archive ARC-V1-Feb2018"
                    )
                    {
                        Or = $"arc/ARC-{set}-Test.jsonl",
                        Sha256 =
                            set == "Easy"
                                ? "3f32a84716ca6d57d38728bf80cc8117aecd17445c2cf29a68b571b810eb82dc"
                                : "4a89ce368ae01a71d268d9851686738b2a0a1d84271116bab49a1dd2b48ecad7",
                    },
                ],
            };

        public IEnumerable<EvalExample> Examples(EvalSetting setting) => setting.Data.Exists(_original)
            ? DataRecord.Of(setting.Data, _original).Select(Original)
            : DataRecord.Of(setting.Data, _copy).Select(Copied);

        public EvalScore Score(EvalExample example, IReadOnlyList<ChoiceLogProb> choices) =>
            ChoiceAccuracy.Score(example, choices, ChoiceAccuracy.Acc);

        static EvalExample Original(DataRecord record)
        {
            DataRecord question = record.Inner("question");
            DataRecord[] choices = [.. question.Records("choices")];
            string answer = record.Text("answerKey");
            int gold = Array.FindIndex(choices, c => c.Text("label") == answer);
            return gold >= 0
                ? Example(record.Text("id"), question.Text("stem"), [.. choices.Select(c => c.Text("text"))], gold)
                : throw record.Lacks("a choice with the label of 'answerKey'");
        }

        static EvalExample Copied(DataRecord record, int index)
        {
            string answer = record.Text("answer");
            Match match = Instruction().Match(record.Text("instruction"));
            string[] choices = match.Success ? Separator().Split(match.Groups[2].Value) : [];
            int gold = answer is [.., var digit and >= '1' and <= '9'] ? digit - '1' : choices.Length;
            return gold < choices.Length
                ? Example(index.ToString(CultureInfo.InvariantCulture), match.Groups[1].Value, choices, gold)
                : throw record.Lacks("a question in the expected form in 'instruction', and the number of its answer in 'answer'");
        }

        static EvalExample Example(string id, string question, string[] choices, int gold) =>
            new(
                id,
                EvalPrompt.Of($"Question: {question}\nAnswer:") with
                {
                    UseChatTemplate = false,
                },
                [gold.ToString(CultureInfo.InvariantCulture)],
                MaxNewTokens: 0)
            {
                Question = question,
                Choices = [.. choices.Select(c => new EvalChoice($" {c}"))],
            };

        [GeneratedRegex(
            @"\APlease choose the correct answer to the question: (.*)\n\nAnswer1: (.*)\n\nAnswer format: [^\n]*\z",
            RegexOptions.Singleline | RegexOptions.CultureInvariant
        )]
        private static partial Regex Instruction();

        [GeneratedRegex(" Answer[2-9]: ", RegexOptions.CultureInvariant)]
        private static partial Regex Separator();
    }
}
