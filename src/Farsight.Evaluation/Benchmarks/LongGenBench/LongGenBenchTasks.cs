using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.Choices;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongGenBench;

/// <summary>Represents LongGenBench: many questions of GSM8K or MMLU in one prompt, all answered in one long text.</summary>
/// <remarks>
/// Version 1. Official numbers of questions: 700 of GSM8K, 35 at a time; the first 20 of each subject of MMLU. The sentence that says how
/// to answer is read from the official program where the user's folder has it; else it is ours, and the group "prompts" of the results
/// records this. Not the benchmark of the same name that is also called Spinning the Golden Thread (<see cref="GoldenThreadTasks"/>).
/// </remarks>
sealed class LongGenBenchTasks : IEvalTaskFamily
{
    /// <summary>Names the official source.</summary>
    internal const string Repository = "Dominic789654/LongGenBench @9845864";

    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => [new BatchedMaths("gsm8k"), new BatchedExams("mmlu")];

    /// <summary>Creates the card of both tasks.</summary>
    internal static EvalTaskCard Card(string name, string metric, IReadOnlyList<EvalDataFile> data, double? chance) =>
        new("longgenbench_" + name, 1, $"LongGenBench: {name.ToUpperInvariant()}", $"arXiv:2410.04199; {Repository}", metric, chance)
        {
            Benchmark = "longgenbench",
            Data = data,
        };

    /// <summary>Describes a program of the official repository.</summary>
    internal static EvalDataFile Program(string file) =>
        new($"longgenbench_gsm8k_mmlu/{file}", $"{Repository}: {file}; without it the sentence that says how to answer is ours")
        {
            IsOptional = true,
        };
}

/// <summary>Scores both tasks: right answers of those asked.</summary>
static class BatchScore
{
    const string Right = "right", Answered = "answered", Asked = "asked", Failed = "failed";

    /// <summary>Computes the score of one prompt.</summary>
    internal static EvalScore Of(int right, int answered, int asked) =>
        new((double)right / asked, new Dictionary<string, double> { [Right] = right, [Answered] = answered, [Asked] = asked });

    /// <summary>Creates the score of a prompt that failed: all its questions count as asked, and as answered wrongly.</summary>
    internal static EvalScore Failure(EvalExample example) =>
        new(0, new Dictionary<string, double> { [Asked] = example.References.Count, [Failed] = example.References.Count });

    /// <summary>
    /// Computes the score over all prompts: right answers of those given (GSM8K, as officially) or asked (MMLU), and of those asked.
    /// </summary>
    internal static EvalScore All(IReadOnlyList<ScoredExample> examples, bool ofAnswered)
    {
        double Sum(string name) => examples.Sum(e => e.Score.Beside.GetValueOrDefault(name));
        double Share(double a, double b) => b == 0 ? 0 : a / b;
        return new(Share(Sum(Right), ofAnswered ? Sum(Answered) + Sum(Failed) : Sum(Asked)), new Dictionary<string, double>
        {
            ["right of asked"] = Share(Sum(Right), Sum(Asked)),
            [Answered] = Share(Sum(Answered), Sum(Asked)),
        });
    }
}

/// <summary>Represents the grade-school maths questions.</summary>
/// <remarks>
/// The official number is over the answers given, so a model that stops early loses nothing; "right of asked" stands beside it.
/// </remarks>
sealed class BatchedMaths(string name) : IGeneratedTask, IAggregatedTask
{
    const string Questions = "longgenbench_gsm8k_mmlu/gsm8k_test.jsonl",
        Demonstrations = "longgenbench_gsm8k_mmlu/LongGenBench_GSM8K_prompt.txt",
        Program = "longgenbench_GSM8K_openai.py";
    const string Own =
        "Answer all questions step by step, in the form of the examples: each answer begins with 'Answer_' and its number and ends with "
        + "'The answer is'.";
    const int Together = 35,
        MostQuestions = 700,
        FirstNumber = 9,
        NewTokens = 4096;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = LongGenBenchTasks.Card(name, "right answers, of those given",
    [
        new(Questions, "openai/grade-school-math: grade_school_math/data/test.jsonl, or GSM8K's test set of Hugging Face as JSONL"),
        new(Demonstrations, $"{LongGenBenchTasks.Repository}: data/LongGenBench_GSM8K_prompt/LongGenBench_prompt.txt"),
        LongGenBenchTasks.Program(Program),
    ], 0);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        (string system, string origin) =
            BatchPrompt.System(setting.Data, Program, "\"role\": \"system\", \"content\":") ?? (Own, BatchPrompt.OwnOrigin);
        string demonstrations = setting.Data.ReadText(Demonstrations);
        foreach ((int i, DataRecord[] batch) in DataRecord.Of(setting.Data, Questions).Take(MostQuestions).Chunk(Together).Index())
        {
            string questions = string.Concat(
                batch.Select((q, n) => string.Create(CultureInfo.InvariantCulture, $"Question_{n + FirstNumber}:\n{q.Text("question")}\n"))
            );
            string text = $"Examples: \n{demonstrations}\n\nFollowing Question: \n{questions}\n";
            yield return BatchPrompt.Example(
                i.ToString(CultureInfo.InvariantCulture),
                system,
                text,
                [.. batch.Select(q => q.Text("answer"))],
                NewTokens,
                origin);
        }
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        IReadOnlyList<string> said = BatchedAnswers.Split(completion);
        int answered = Math.Min(said.Count, example.References.Count);
        return BatchScore.Of(
            Enumerable.Range(0, answered).Count(i => BatchedAnswers.IsRightNumber(said[i], i, example.References[i])),
            answered,
            example.References.Count);
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples) => BatchScore.All(examples, ofAnswered: true);

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) => BatchScore.Failure(example);
}

/// <summary>
/// Represents MMLU's exams. Unanswered questions are asked again, as officially, as long as each completion answers some.
/// </summary>
sealed class BatchedExams(string name) : IGeneratedTask, IFollowUpTask, IAggregatedTask
{
    const string Demonstrations = "longgenbench_gsm8k_mmlu/LongGenBench_MMLU_prompt.json",
        Program = "longgenbench_MMLU_openai.py",
        Exams = "mmlu/test/";
    const string Own =
        "Answer all questions step by step, in the form of the examples; each answer begins with 'Answer_' and its number. "
        + "The questions are about {}.\n\n";
    const string Before = "before",
        Questions = "questions",
        SystemPrompt = "system";
    const int Together = 20,
        FirstNumber = 6,
        NewTokens = 4096;

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } = LongGenBenchTasks.Card(name, "right answers",
    [
        new(Demonstrations, $"{LongGenBenchTasks.Repository}: data/LongGenBench_MMLU_prompt/LongGenBench_prompt.json"),
        new(Exams, "hendrycks/test: data/test of its archive, one CSV a subject"),
        LongGenBenchTasks.Program(Program),
    ], 0.25);

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        (string system, string origin) =
            BatchPrompt.System(setting.Data, Program, "def gen_prompt", "sys_prompt =") ?? (Own, BatchPrompt.OwnOrigin);
        DataRecord demonstrations = DataRecord.OfFile(setting.Data, Demonstrations);
        foreach (string subject in demonstrations.Fields().Select(s => s.Name).Distinct().Order(StringComparer.Ordinal))
        {
            string file = $"{Exams}{subject}_test.csv";
            string[][] rows = [.. Mmlu.Rows(setting.Data, file).Take(Together)];
            string[] questions = rows.Length > 0
                ? [.. rows.Select(Question)]
                : throw new InputException($"{file} has no questions; {EvalData.Advice}.");
            string before = "Examples: \n" + Numbered(demonstrations, subject),
                filled = system.Replace("{}", " " + subject.Replace('_', ' '), StringComparison.Ordinal);
            EvalExample example = BatchPrompt.Example(
                subject,
                filled,
                before + Following(questions),
                [.. rows.Select(r => r[^1])],
                NewTokens,
                origin);
            yield return example with
            {
                Details = new Dictionary<string, IReadOnlyList<string>>
                {
                    [Before] = [before],
                    [Questions] = questions,
                    [SystemPrompt] = [filled],
                },
            };
        }
    }

    /// <inheritdoc/>
    public EvalFollowUp? FollowUp(EvalExample example, IReadOnlyList<string> completions)
    {
        int[] answered = [.. completions.Select(c => BatchedAnswers.Split(c).Count)];
        return answered.Sum() >= example.References.Count || answered[^1] == 0
            ? null
            : new(
                BatchPrompt.Of(
                    example.Details[SystemPrompt][0],
                    example.Details[Before][0] + Following(example.Details[Questions].Skip(answered.Sum()))),
                NewTokens);
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => Score(example, [completion]);

    /// <summary>Scores the answers of all completions, in order.</summary>
    public EvalScore Score(EvalExample example, IReadOnlyList<string> completions)
    {
        string[] said = [.. completions.SelectMany(BatchedAnswers.Split).Take(example.References.Count)];
        return BatchScore.Of(
            said.Zip(example.References).Count(p => BatchedAnswers.IsRightLetter(p.First, p.Second)),
            said.Length,
            example.References.Count);
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples) => BatchScore.All(examples, ofAnswered: false);

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) => BatchScore.Failure(example);

    static string Question(string[] row) => row[0] + "\n" + string.Concat(row[1..^1].Select((o, i) => $"({(char)('A' + i)}) {o}"));

    static string Following(IEnumerable<string> questions) => "Following Question: \n"
        + string.Concat(questions.Select((q, i) => string.Create(CultureInfo.InvariantCulture, $"Question_{i + FirstNumber}:\n{q}\n\n")));

    // The demonstrations come as question, answer, question, answer; here all questions stand first.
    static string Numbered(DataRecord demonstrations, string subject)
    {
        string[][] pairs = [.. demonstrations.Text(subject).Split("\n\nQ: ").Skip(1).Select(d => d.Split("\nA: "))];
        if (!pairs.All(p => p.Length > 1))
        {
            throw demonstrations.Lacks($"an answer to each question in '{subject}'");
        }
        string Part(string word, int part) =>
            string.Concat(pairs.Select((p, i) => string.Create(CultureInfo.InvariantCulture, $"{word}_{i + 1}:\n{p[part]}\n\n")));
        return Part("Question", 0) + Part("Answer", 1);
    }
}

/// <summary>Builds prompts of many questions.</summary>
static class BatchPrompt
{
    /// <summary>Marks results whose program is missing from the user's folder.</summary>
    internal const string OwnOrigin = "own";

    /// <summary>
    /// Returns the system prompt that follows some texts in a program of the user's folder, and "official"; null if the program is
    /// missing.
    /// </summary>
    internal static (string Text, string Origin)? System(EvalData data, string program, params ReadOnlySpan<string> marks)
    {
        string path = LongGenBenchTasks.Program(program).Path;
        return data.Exists(path) ? (new PythonSource(data.ReadText(path), path).TextAfter(marks), "official") : null;
    }

    /// <summary>Returns both messages.</summary>
    internal static EvalPrompt.Messages Of(string system, string text) => new([new("system", system), new("user", text)]);

    /// <summary>Creates an example.</summary>
    internal static EvalExample Example(
        string id,
        string system,
        string text,
        IReadOnlyList<string> references,
        int newTokens,
        string origin
    ) =>
        new(id, Of(system, text), references, newTokens)
        {
            Question = id,
            Groups = new Dictionary<string, string> { ["prompts"] = origin },
        };
}
