using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.PythonCompat;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.Judged;

/// <summary>Represents LongBench-Chat: real questions on long documents, judged from 1 to 10 beside rated answers.</summary>
/// <remarks>
/// Version 1. The official judge is GPT-4; another judge rates otherwise, so results are comparable only under one judge. Answers are put
/// on one line before they are judged, as the official program stores them. Without the official prompt and rated answers the judge is
/// asked in our words, and the group "judge prompt" records this. Source: arXiv:2401.18058; THUDM/LongAlign @517e97b,
/// LongBench_Chat/eval.py.
/// </remarks>
sealed class LongBenchChat : IJudgedTask
{
    const string Cases = "longbench_chat/test_cases.json",
        Rated = "longbench_chat/few_shots.json",
        Template = "longbench_chat/prompt_fs.txt",
        System = "longbench_chat/system.txt";
    const string Repository = "THUDM/LongAlign @517e97b";
    const string Pieces = "judge prompt", SystemPrompt = "judge system";
    const int NewTokens = 1024;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "longbench-chat",
            Version: 1,
            "Real questions about long documents",
            $"arXiv:2401.18058; {Repository}",
            "judge's rating, 1 to 10",
            Chance: null)
        {
            IsShare = false,
            Suites = ["paper"],
            Data =
            [
                new(Cases, $"{Repository}: LongBench_Chat/test_cases.json"),
                new(Rated, $"{Repository}: LongBench-Chat/few_shots.json") { IsOptional = true },
                new(Template, $"{Repository}: LongBench-Chat/prompt_fs.txt") { IsOptional = true },
                new(System, $"{Repository}: the system_prompt of LongBench_Chat/eval.py") { IsOptional = true },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        bool isOfficial = setting.Data.Exists(Template) && setting.Data.Exists(Rated);
        string[] pieces = isOfficial ? setting.Data.ReadText(Template).Split("{}") : [];
        IReadOnlyList<DataRecord> rated = isOfficial ? DataRecord.OfFile(setting.Data, Rated).Items() : [];
        IReadOnlyList<string> system =
            isOfficial && setting.Data.Exists(System) ? [PythonStrings.Strip(setting.Data.ReadText(System))] : [];
        return DataRecord.Of(setting.Data, Cases).Select(r => Example(r, isOfficial ? Filled(r, pieces, rated) : null, system));
    }

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions)
    {
        string answer = PythonStrings.Strip(completions[^1]).Replace('\n', ' ');
        return example.Details.TryGetValue(Pieces, out IReadOnlyList<string>? around)
            ? [.. example.Details[SystemPrompt].Select(s => new ChatTurn("system", s)), new("user", around[0] + answer + around[1])]
            : [new("user", JudgePhrasing.Ask([(example.Question, answer)], example.References[0]))];
    }

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict) =>
        JudgeRating.Last(verdict) is { } rating ? new(rating) : null;

    static EvalExample Example(DataRecord record, (string Before, string After)? judge, IReadOnlyList<string> system) =>
        new(
            record.Text("idx"),
            EvalPrompt.Of(record.Text("prompt")) with
            {
                Cut = PromptCuts.LongBenchMiddle,
            },
            [record.Text("answer")],
            NewTokens)
        {
            Question = record.Text("query"),
            Groups = new Dictionary<string, string> { [JudgePhrasing.Group] = judge is null ? JudgePhrasing.Own : JudgePhrasing.Official },
            Details = judge is { } j
                ? new Dictionary<string, IReadOnlyList<string>> { [Pieces] = [j.Before, j.After], [SystemPrompt] = system }
                : [],
        };

    /// <summary>Fills the judge prompt before and after the answer: question, reference, then each rated answer with its rating.</summary>
    static (string Before, string After) Filled(DataRecord record, string[] pieces, IReadOnlyList<DataRecord> rated)
    {
        int number = record.Number("idx");
        if (number < 1 || number > rated.Count)
        {
            throw record.Lacks(string.Create(CultureInfo.InvariantCulture, $"rated answers in {Rated} under its number {number}"));
        }
        string[] values =
        [
            record.Text("query"),
            record.Text("answer"),
            .. rated[number - 1].Items().SelectMany(a => new[] { a.Text("answer"), a.Text("score") }),
        ];
        return pieces.Length == values.Length + 2
            ? (string.Concat(pieces.SkipLast(1).Zip([.. values, ""], (piece, value) => piece + value)), pieces[^1])
            : throw new InputException(
                $"{Template} has {pieces.Length - 1} placeholders, but there are {values.Length + 1} values; download both files again "
                    + "('farsight eval data' lists the sources)."
            );
    }
}
