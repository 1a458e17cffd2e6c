using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.NeedleBench;

/// <summary>
/// Represents NeedleBench's multi-needle reasoning: two to five linked needles, in version 1 and version 2 of the benchmark.
/// </summary>
/// <remarks>
/// Version 1. In the benchmark's version 1 the needles are facts of a file, and the share of the answer's words counts; in version 2 they
/// are a chain of relatives, and the boxed answer counts. Scores of the two are not comparable. Lengths are counted in the model's tokens
/// instead of GPT-4's. The question is asked in our words, unless needlebench/prompts.json has "reasoning_en" and "reasoning_zh" with
/// {context} and {retrieval_question}. Source: arXiv:2407.11963; open-compass/opencompass @a5acc4b.
/// </remarks>
sealed class NeedleReasoningTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        from isFirst in (bool[])[false, true]
        from isChinese in (bool[])[false, true]
        from needles in Enumerable.Range(2, 4)
        select new NeedleReasoningTask(isFirst, isChinese, needles);
}

/// <summary>Represents one version, language and number of needles.</summary>
sealed class NeedleReasoningTask(bool isFirst, bool isChinese, int needles) : IGeneratedTask
{
    const string Prompts = "needlebench/prompts.json", Names = "needlebench/names.json";
    const int Repeats = 10, NewTokens = 2048, EnglishBuffer = 3000, ShortBuffer = 600, ChineseBuffer = 200;
    const double Distance = 10;

    string Language => isChinese ? "zh" : "en";

    string Haystack => isChinese ? "needlebench/zh_finance.jsonl" : "needlebench/PaulGrahamEssays.jsonl";

    string Facts => $"needlebench/multi_needle_reasoning_{Language}.json";

    /// <inheritdoc/>
    public EvalTaskCard Card => new(
        string.Create(CultureInfo.InvariantCulture, $"needlebench_reasoning_{(isFirst ? "v1_" : "")}{Language}_{needles}"), 1,
        string.Create(
            CultureInfo.InvariantCulture,
            $"NeedleBench {(isFirst ? "1" : "2")}: {needles} linked needles{(isChinese ? ", Chinese" : "")}"),
        "arXiv:2407.11963; open-compass/opencompass @a5acc4b",
        isFirst ? "share of the answer's words that occur" : "boxed answer exact", 0)
    {
        Benchmark = "needlebench-reasoning",
        IsPerLength = true,
        Data =
        [
            new(Haystack, "opencompass/needlebench on Hugging Face"),
            .. isFirst
                ? [new EvalDataFile(Facts, $"opencompass/needlebench on Hugging Face: multi_needle_reasoning_{Language}.json")]
                : new EvalDataFile[]
                {
                    new(
                        AncestralTraceTask.Templates,
                        "open-compass/opencompass @a5acc4b: opencompass/datasets/needlebench_v2/atc.py, its templates as JSON"),
                    new(Names, "opencompass/needlebench on Hugging Face: names.json; without it, English names are generated")
                    {
                        IsOptional = !isChinese,
                    },
                },
            new(Prompts, "the benchmark's templates as JSON; without them the question is asked in our own words") { IsOptional = true },
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string[] documents = [.. DataRecord.Of(setting.Data, Haystack).Select(l => l.Text("text"))];
        NeedleBenchText text = new(documents, setting.TokensFor(Card.Name), setting.Length - Buffer(setting.Length));
        string template = setting.Data.Exists(Prompts) && DataRecord.OfFile(setting.Data, Prompts) is var all
            && all.Has($"reasoning_{Language}")
            ? all.Text($"reasoning_{Language}")
            : isFirst ? "{context}\n\n{retrieval_question}"
            : "{context}\n\n{retrieval_question}\nPut the name into \\boxed{{}} at the end of your answer.";
        return from repeat in Enumerable.Range(0, setting.SamplesOr(Repeats))
               let drawn = isFirst ? Fact(setting.Data, documents.Length, repeat) : Chain(setting.Data, repeat)
               from depth in setting.Depths
               select Example(setting.Length, text, template, drawn, depth, repeat);
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => new(isFirst
        ? NeedleBenchScore.Words(completion, example.References[0]) / 100
        : NeedleBenchScore.Trace(completion, example.References[0]) / 100);

    static EvalExample Example(
        int length, NeedleBenchText text, string template, (IReadOnlyList<string> Needles, string Question, string Answer) drawn,
            double depth,
        int repeat)
    {
        string context = text.WithSpaced([.. drawn.Needles.Select(n => $"\n{n}\n")], depth, Distance, repeat);
        string at = depth.ToString("0.####", CultureInfo.InvariantCulture);
        return new(
            string.Create(CultureInfo.InvariantCulture, $"{length}-{at}-{repeat}"),
            EvalPrompt.Of(PythonFormat.Fill(
                template, new Dictionary<string, string> { ["context"] = context, ["retrieval_question"] = drawn.Question }, Prompts)),
            [drawn.Answer],
            NewTokens)
        {
            Question = drawn.Question,
            Groups = new Dictionary<string, string>
            {
                [EvalExample.Length] = length.ToString(CultureInfo.InvariantCulture),
                [EvalExample.Depth] = at,
            },
        };
    }

    // The fact is drawn after the documents were shuffled with the same seed.
    (IReadOnlyList<string> Needles, string Question, string Answer) Fact(EvalData data, int documents, int repeat)
    {
        DataRecord[] fitting = [.. DataRecord.Of(data, Facts).Where(r => r.Number("derivation_count") == needles)];
        if (fitting.Length == 0)
        {
            throw new InputException($"{Facts} has no fact with {needles} derivations; {EvalData.Advice}.");
        }
        PythonRandom random = new(repeat);
        random.Shuffle(new int[documents]);
        DataRecord fact = random.Choice(fitting);
        return (fact.Texts("derivations"), fact.Text("question"), fact.Text("answer"));
    }

    (IReadOnlyList<string> Needles, string Question, string Answer) Chain(EvalData data, int repeat)
    {
        DataRecord templates = DataRecord.OfFile(data, AncestralTraceTask.Templates);
        string suffix = isChinese ? "zh_CN" : "en";
        IReadOnlyList<string> names = isChinese || data.Exists(Names)
            ? DataRecord.OfFile(data, Names).Text(isChinese ? "Chinese" : "English").Split(',')
            : InventedNames.All;
        KinshipChain chain = KinshipChain.Draw(
            repeat, needles, names, templates.Texts($"relationship_templates_{suffix}"), templates.Texts($"relationship_terms_{suffix}"));
        string question = isChinese
            ? $"在上面提供的文本中，'{chain.Youngest}'的能够向上追溯到的最年长的亲人是谁？"
            : $"Given the context described above, who is the eldest relative that '{chain.Youngest}' can trace back to in the context?";
        return (chain.Sentences, question, chain.Eldest);
    }

    int Buffer(int length) => isChinese ? ChineseBuffer : length < 8000 ? ShortBuffer : EnglishBuffer;
}
