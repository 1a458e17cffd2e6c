using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.Judged;

/// <summary>Represents MT-Bench: eighty questions with a second turn, each answer judged from 1 to 10.</summary>
/// <remarks>
/// Version 1. Single-answer grading. Each question makes two examples, one a turn; their mean is the benchmark's number. The example of
/// the second turn asks the first again; where the benchmark samples (writing, roleplay, a little in stem and humanities), that is another
/// answer than the one that was judged alone. A verdict without a rating is a failure and counts 0; the official program leaves it out.
/// Without the official judge prompts the judge is asked in our words, and the group "judge prompt" records this; without reference answers
/// math, reasoning and coding are judged by the general prompts. Source: arXiv:2306.05685; lm-sys/FastChat @007ecd0, fastchat/llm_judge.
/// </remarks>
sealed class MtBench : IJudgedTask, IFollowUpTask
{
    const string Questions = "mt_bench/question.jsonl",
        Prompts = "mt_bench/judge_prompts.jsonl",
        Answers = "mt_bench/reference_answer/gpt-4.jsonl";
    const string Repository = "lm-sys/FastChat, fastchat/llm_judge/data";
    const string Turns = "turns", Reference = "reference", Template = "judge template";
    const int NewTokens = 1024;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "mt-bench",
            Version: 1,
            "Two turns of chat",
            "arXiv:2306.05685; lm-sys/FastChat @007ecd0, fastchat/llm_judge",
            "judge's rating, 1 to 10",
            Chance: null)
        {
            IsShare = false,
            Suites = ["paper"],
            Data =
            [
                new(Questions, $"{Repository}/mt_bench/question.jsonl"),
                new(Prompts, $"{Repository}/judge_prompts.jsonl") { IsOptional = true },
                new(Answers, $"{Repository}/mt_bench/reference_answer/gpt-4.jsonl") { IsOptional = true },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        EvalData data = setting.Data;
        Dictionary<string, DataRecord> prompts = ByKey(data, Prompts, "name"), answers = ByKey(data, Answers, "question_id");
        return DataRecord.Of(data, Questions).SelectMany(q => new[] { Example(q, 1, prompts, answers), Example(q, 2, prompts, answers) });
    }

    /// <inheritdoc/>
    public EvalFollowUp? FollowUp(EvalExample example, IReadOnlyList<string> completions)
    {
        IReadOnlyList<string> turns = example.Details[Turns];
        return completions.Count == turns.Count
            ? null
            : new(
                new EvalPrompt.Messages([
                    new("user", turns[0]),
                    new("assistant", PythonStrings.Strip(completions[0])),
                    new("user", turns[1]),
                ]),
                NewTokens);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions)
    {
        IReadOnlyList<string> turns = example.Details[Turns], references = example.Details[Reference];
        string[] answers = [.. completions.Select(PythonStrings.Strip)];
        if (!example.Details.TryGetValue(Template, out IReadOnlyList<string>? template))
        {
            return [new("user", JudgePhrasing.Ask(turns.Zip(answers), references.Count == 0 ? null : references[turns.Count - 1]))];
        }
        Dictionary<string, string> values = turns.Count == 1
            ? new() { ["question"] = turns[0], ["answer"] = answers[0] }
            : new() { ["question_1"] = turns[0], ["question_2"] = turns[1], ["answer_1"] = answers[0], ["answer_2"] = answers[1] };
        for (int i = 0; i < references.Count; i++)
        {
            values[i == 0 ? "ref_answer_1" : "ref_answer_2"] = references[i];
        }
        return [new("system", template[0]), new("user", PythonFormat.Fill(template[1], values, Prompts))];
    }

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) =>
        JudgeRating.First(verdict) is { } rating ? new(rating) : null;

    static Dictionary<string, DataRecord> ByKey(EvalData data, string path, string key)
    {
        Dictionary<string, DataRecord> records = [];
        foreach (DataRecord record in data.Exists(path) ? DataRecord.Of(data, path) : [])
        {
            records[record.Text(key)] = record;
        }
        return records;
    }

    static EvalExample Example(
        DataRecord question,
        int turn,
        Dictionary<string, DataRecord> prompts,
        Dictionary<string, DataRecord> answers)
    {
        string id = question.Text("question_id"), category = question.Text("category");
        IReadOnlyList<string> turns = question.Texts("turns") is { Count: 2 } two ? two : throw question.Lacks("two turns");
        IReadOnlyList<string> references = category is "math" or "reasoning" or "coding" && answers.TryGetValue(id, out DataRecord? answer)
            ? answer.Records("choices") is [var choice, ..] && choice.Texts("turns") is { Count: 2 } given
                ? given
                : throw answer.Lacks("two turns of a first answer in 'choices'")
            : [];
        Dictionary<string, IReadOnlyList<string>> details = new() { [Turns] = [.. turns.Take(turn)], [Reference] = references };
        if (prompts.Count > 0)
        {
            details[Template] = JudgeTemplate(
                $"single{(references.Count > 0 ? "-math" : "")}-v1{(turn == 2 ? "-multi-turn" : "")}",
                prompts);
        }
        return new($"{id}-{turn}", EvalPrompt.Of(turns[0]), references.Count > 0 ? [references[turn - 1]] : [], NewTokens)
        {
            Question = turns[turn - 1],
            Groups = new Dictionary<string, string>
            {
                ["turn"] = turn == 1 ? "1" : "2",
                ["category"] = category,
                [JudgePhrasing.Group] = prompts.Count > 0 ? JudgePhrasing.Official : JudgePhrasing.Own,
            },
            Temperature = category switch
            {
                "writing" or "roleplay" => 0.7f,
                "stem" or "humanities" => 0.1f,
                _ => 0,
            },
            Details = details,
        };
    }

    static string[] JudgeTemplate(string name, Dictionary<string, DataRecord> prompts) => prompts.TryGetValue(name, out DataRecord? prompt)
        ? [prompt.Text("system_prompt"), prompt.Text("prompt_template")]
        : throw new InputException($"{Prompts} has no prompt '{name}'; download it again ('farsight eval data' lists the sources).");
}
