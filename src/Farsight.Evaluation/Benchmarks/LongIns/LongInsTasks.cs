using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.LongIns;

/// <summary>
/// Represents LongIns: which of many answered exam questions are wrong, with one instruction for all (GIST) or one per question (LIST), or
/// with questions of several tasks, each with its own instruction (LIMT).
/// </summary>
/// <remarks>
/// Version 1. The template of LIMT is not public: its official file was deleted and holds another benchmark's template. LIST's template has
/// the keys that the program reads and is used in its place. The prompt is indented as in the official program, whose source code it is
/// laid out in. The official room for the answer is 10,000 tokens; 1,024 hold a list of numbers, and leave small windows their prompt.
/// </remarks>
sealed class LongInsTasks : IEvalTaskFamily
{
    static readonly string[] s_modes = ["GIST", "LIST", "LIMT"];
    static readonly int[] s_lengths = [256, 512, 1024, 2048, 4096, 8192, 16384];

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => from mode in s_modes from length in s_lengths select new LongInsTask(mode, length);
}

/// <summary>Represents one mode of LongIns at one length.</summary>
sealed class LongInsTask(string mode, int length) : IGeneratedTask
{
    const string Repository = "Ins-Bench/LongIns-Bench @cf8c59b", Wrong = "error";
    const int NewTokens = 1024;

    static readonly string s_gistIndent = "\n" + new string(' ', 36), s_listIndent = "\n" + new string(' ', 24);

    string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"{mode}_{length}");

    string File => $"longins/{Name}.json";

    string Template => mode == "LIMT" ? "LIST" : mode;

    string Prompts => $"longins/{Template}.yaml";

    /// <inheritdoc/>
    public EvalTaskCard Card =>
        new(
            "longins_" + Name.ToLowerInvariant(),
            1,
            $"LongIns: {mode}, {length.ToString(CultureInfo.InvariantCulture)} tokens{(mode == "LIMT" ? ", LIST's template" : "")}",
            $"arXiv:2406.17588; {Repository}",
            "F1 of the numbers of wrong answers",
            0)
        {
            Benchmark = "longins",
            Data =
            [
                new(
                    File,
                    $"the archive linked in the README of {Repository}: data/{mode}/{length.ToString(CultureInfo.InvariantCulture)}.json"),
                new(Prompts, $"{Repository}: config/{Template}.yaml"),
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string first = PromptYaml.Text(setting.Data, Prompts, "Instruction_0"),
            second = PromptYaml.Text(setting.Data, Prompts, "Instruction_1");
        string third = mode == "GIST" ? PromptYaml.Text(setting.Data, Prompts, "Instruction_2") : "";
        foreach ((string name, DataRecord record) in DataRecord.OfFile(setting.Data, File).Fields())
        {
            IReadOnlyList<string> wrong = record.Texts(Wrong);
            if (!wrong.All(n => int.TryParse(n, CultureInfo.InvariantCulture, out _)))
            {
                throw record.Lacks($"the numbers '{Wrong}'");
            }
            string[] parts =
                mode == "GIST"
                    ? [first, record.Text("task_prompt"), second, record.Text("Data"), third]
                    : [first, record.Text("Data"), second];
            yield return new(
                name,
                EvalPrompt.Of(string.Join(mode == "GIST" ? s_gistIndent : s_listIndent, parts)),
                [$"[{string.Join(", ", wrong)}]"],
                NewTokens)
            {
                Question = name,
                Groups = new Dictionary<string, string>
                {
                    ["category"] = record.Has("Categories") ? string.Join(", ", record.Texts("Categories")) : "unknown",
                },
                Details = new Dictionary<string, IReadOnlyList<string>> { [Wrong] = wrong },
            };
        }
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        new(LongInsScore.Score(completion, [.. example.Details[Wrong].Select(n => int.Parse(n, CultureInfo.InvariantCulture))]));
}
