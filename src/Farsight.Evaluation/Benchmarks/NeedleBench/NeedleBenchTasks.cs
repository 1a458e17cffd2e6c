using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>Represents NeedleBench's retrieval of one needle and of several, in English and Chinese.</summary>
/// <remarks>
/// Version 1, after version 2 of the benchmark: documents and needles are shuffled by Python's random, seeded with the repeat's number, so
/// with the original's files needles and haystacks are the original's; lengths are counted in the model's tokens instead of GPT-4's. The
/// question is asked in our own words, unless needlebench/prompts.json has "single_en", "multi_en", "single_zh", "multi_zh" with {context}
/// and {retrieval_question}. The original reads the needles of "multi" in an order it does not seed; here it is seeded with 0.
/// </remarks>
sealed class NeedleBenchTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
    [
        new NeedleBenchTask(isMulti: false, isChinese: false), new NeedleBenchTask(isMulti: true, isChinese: false),
        new NeedleBenchTask(isMulti: false, isChinese: true), new NeedleBenchTask(isMulti: true, isChinese: true),
    ];
}

/// <summary>Represents one of the four tasks.</summary>
sealed class NeedleBenchTask(bool isMulti, bool isChinese) : IGeneratedTask
{
    const string Needles = "needlebench/needles.jsonl",
        Prompts = "needlebench/prompts.json",
        OwnPrompt = "{context}\n\n{retrieval_question}";
    const int SingleRepeats = 10,
        MultiRepeats = 25,
        NewTokens = 100,
        MultiNewTokens = 400,
        LongBuffer = 3000,
        ShortBuffer = 600,
        ChineseBuffer = 200;

    readonly string _prompt = (isMulti ? "multi_" : "single_") + (isChinese ? "zh" : "en");
    readonly string _haystack = isChinese ? "needlebench/zh_finance.jsonl" : "needlebench/PaulGrahamEssays.jsonl";

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "needlebench_" + (isMulti ? "multi_" : "single_") + (isChinese ? "zh" : "en"),
            1,
            $"NeedleBench: {(isMulti ? "several needles" : "one needle")}, {(isChinese ? "Chinese" : "English")}",
            "arXiv:2407.11963; open-compass/opencompass @a5acc4b (needlebench_v2)",
            isMulti ? "share of keywords that occur" : "the keyword occurs",
            0)
        {
            Benchmark = "needlebench",
            IsPerLength = true,
            Data =
            [
                new(Needles, "opencompass/needlebench on Hugging Face: needles.jsonl"),
                new(
                    isChinese ? "needlebench/zh_finance.jsonl" : "needlebench/PaulGrahamEssays.jsonl",
                    "opencompass/needlebench on Hugging Face"),
                new(Prompts, "the benchmark's templates as JSON; without them the question is asked in our own words")
                {
                    IsOptional = true,
                },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        ITextTokens tokens = setting.TokensFor(Card.Name);
        string template = setting.Data.Exists(Prompts) ? DataRecord.OfFile(setting.Data, Prompts).Text(_prompt) : OwnPrompt;
        string language = isChinese ? "Chinese" : "English";
        DataRecord[] needles = [.. DataRecord.Of(setting.Data, Needles).Where(n => n.Text("language") == language)];
        if (needles.Length == 0)
        {
            throw new InputException($"{Needles} has no needles in {language}; {EvalData.Advice}.");
        }
        NeedleBenchText text = new(
            [.. DataRecord.Of(setting.Data, _haystack).Select(l => l.Text("text"))],
            tokens,
            setting.Length - Buffer(setting.Length));
        return isMulti
            ? Enumerable.Range(0, setting.SamplesOr(MultiRepeats)).Select(i => Multi(setting, text, template, needles, i))
            : setting.Depths.SelectMany(d =>
                Enumerable.Range(0, setting.SamplesOr(SingleRepeats)).Select(i => Single(setting, text, template, needles, d, i)));
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        new(example.References.Average(k => NeedleBenchScore.Version2(completion, k)) / 100);

    static EvalExample Single(EvalSetting setting, NeedleBenchText text, string template, DataRecord[] needles, double depth, int repeat)
    {
        DataRecord needle = new PythonRandom(repeat).Choice(needles);
        string context = text.With([$"\n{needle.Text("needle")}\n"], [depth], repeat);
        string at = depth.ToString("0.####", CultureInfo.InvariantCulture);
        return Example(
            setting.Length,
            $"{at}-{repeat}",
            template,
            context,
            needle.Text("retrieval_question"),
            [needle.Text("arg2")],
            NewTokens,
            at);
    }

    EvalExample Multi(EvalSetting setting, NeedleBenchText text, string template, DataRecord[] needles, int repeat)
    {
        double[] depths = EvalSetting.EvenDepths(11);
        DataRecord[] asked = Distinct(needles, depths.Length);
        new PythonRandom(repeat).Shuffle(asked);
        (char mark, char stop, string join, string ask, string end) = isChinese
            ? ('？', '。', "、", "请按照'", "'的格式回答。")
            : ('?', '.', "、", " Answer in the form of '", "'");
        string questions = string.Join(join, asked.Select(n => n.Text("retrieval_question").Split(mark)[0] + mark));
        string forms = string.Join(
            join,
            asked.Select(n => n.Text("retrieval_question").Split('\'').ElementAtOrDefault(1)?.Split(stop)[0] ?? ""));
        string context = text.With([.. asked.Select(n => $"\n{n.Text("needle")}\n")], depths, repeat);
        return Example(
            setting.Length,
            $"{repeat}",
            template,
            context,
            questions + ask + forms + end,
            [.. asked.Select(n => n.Text("arg2"))],
            MultiNewTokens,
            null);
    }

    static EvalExample Example(
        int length,
        string id,
        string template,
        string context,
        string question,
        IReadOnlyList<string> keywords,
        int newTokens,
        string? depth)
    {
        Dictionary<string, string> groups = new() { [EvalExample.Length] = length.ToString(CultureInfo.InvariantCulture) };
        if (depth is not null)
        {
            groups[EvalExample.Depth] = depth;
        }
        string prompt = PythonFormat.Fill(
            template,
            new Dictionary<string, string> { ["context"] = context, ["retrieval_question"] = question },
            Prompts);
        return new(string.Create(CultureInfo.InvariantCulture, $"{length}-{id}"), EvalPrompt.Of(prompt), keywords, newTokens)
        {
            Question = question,
            Groups = groups,
        };
    }

    // Needles of which no two share a subject or a value.
    static DataRecord[] Distinct(DataRecord[] needles, int count)
    {
        DataRecord[] shuffled = [.. needles];
        new PythonRandom(0).Shuffle(shuffled);
        HashSet<string> subjects = [], values = [];
        List<DataRecord> distinct = [];
        foreach (DataRecord needle in shuffled.Where(n => !subjects.Contains(n.Text("arg1")) && !values.Contains(n.Text("arg2"))))
        {
            subjects.Add(needle.Text("arg1"));
            values.Add(needle.Text("arg2"));
            distinct.Add(needle);
        }
        return distinct.Count >= count
            ? [.. distinct.Take(count)]
            : throw new InputException(
                $"{Needles} has {distinct.Count} needles with different subjects and values, but {count} are needed; "
                    + "download the file again.");
    }

    int Buffer(int length) => isChinese ? ChineseBuffer : length < 8000 ? ShortBuffer : LongBuffer;
}
