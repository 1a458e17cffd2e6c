using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongIcl;

/// <summary>
/// Represents LongICLBench (LIConBench): many labels, learned from demonstrations in the prompt; one to five rounds of all labels.
/// </summary>
/// <remarks>
/// Version 1. Few-NERD and DialogRE are in the official repository; GoEmotion, BANKING77 and Discovery are public data sets. TacRED's text
/// is licensed by the LDC: the user supplies it. Prompts are continued without a chat template, 100 new tokens, greedy. The sentence that
/// begins them is read from the official program where the user's folder has it; else it is ours, and the group "prompts" of the results
/// records this. The number is the micro F1 over 500 sentences (Few-NERD) or 500 labels (DialogRE).
/// </remarks>
sealed class LongIclTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
    [
        .. Enumerable.Range(1, 5).Select(r => new FewNerd(r)),
        .. Enumerable.Range(1, 5).Select(r => new DialogRe(r)),
        .. Enumerable.Range(1, 5).Select(r => new GoEmotion(r)),
        .. Enumerable.Range(1, 5).Select(r => new Banking77(r)),
        .. Enumerable.Range(1, 5).Select(r => new Discovery(r)),
        .. Enumerable.Range(1, 5).Select(r => new TacRed(r)),
    ];
}

/// <summary>Provides what both sets share.</summary>
/// <param name="name">"few-nerd".</param>
/// <param name="round">How often each label is shown, 1 to 5.</param>
/// <param name="program">The official program's file.</param>
/// <param name="own">The first sentence of the prompt if that file is missing.</param>
abstract class LongIclTask(string name, int round, string program, string own) : IGeneratedTask, IAggregatedTask
{
    const string Repository = "TIGER-AI-Lab/LongICLBench @9c5da3d", Said = "said", Gold = "gold", Right = "right";

    /// <summary>Represents the generation budget.</summary>
    protected const int NewTokens = 100;

    /// <summary>Represents the maximum number of sentences, or of labels.</summary>
    protected const int Most = 500;

    /// <summary>Gets the round, 1 to 5.</summary>
    protected int Round => round;

    /// <summary>Gets the files of the set.</summary>
    protected abstract IReadOnlyList<string> Files { get; }

    /// <inheritdoc/>
    public EvalTaskCard Card =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"longicl_{name}_{round}r"),
            1,
            string.Create(CultureInfo.InvariantCulture, $"LongICLBench: {name}, {round} of each label"),
            $"arXiv:2404.02060; {Repository}",
            "micro F1 of the labels",
            0)
        {
            Benchmark = "longicl",
            Data =
            [
                .. Files.Select(f => new EvalDataFile(f, $"{Repository}: processed_data/{Path.GetFileName(f)}")),
                new($"liconbench/{program}", $"{Repository}: {program}; without it the first sentence of prompts is ours")
                {
                    IsOptional = true,
                },
            ],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        bool isOfficial = setting.Data.Exists($"liconbench/{program}");
        string beginning = isOfficial
            ? new PythonSource(setting.Data.ReadText($"liconbench/{program}"), program).TextAfter(
                "def format_long_prompt",
                "\n    else:\n        prompt_inst = ")
            : own;
        return Examples(setting.Data, beginning + Demonstrations(setting.Data))
            .Select(e => e with { Groups = new Dictionary<string, string> { ["prompts"] = isOfficial ? "official" : "own" } });
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        LabelCounts counts = Count(example, completion);
        return Of(counts.Said, counts.Gold, counts.Right);
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        double Sum(string count) => examples.Sum(e => e.Score.Beside.GetValueOrDefault(count));
        return Of(Sum(Said), Sum(Gold), Sum(Right));
    }

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) => Of(0, GoldCount(example), 0);

    /// <summary>Returns the number of labels that an example asks for.</summary>
    protected abstract int GoldCount(EvalExample example);

    /// <summary>Returns the demonstrations as text.</summary>
    protected abstract string Demonstrations(EvalData data);

    /// <summary>Returns the examples.</summary>
    protected abstract IEnumerable<EvalExample> Examples(EvalData data, string before);

    /// <summary>Counts the labels named and right.</summary>
    protected abstract LabelCounts Count(EvalExample example, string completion);

    /// <summary>Creates a prompt that is continued without a chat template.</summary>
    protected static EvalPrompt Prompt(string text) => EvalPrompt.Of(text) with { UseChatTemplate = false };

    /// <summary>Computes micro F1 as the set's official program does.</summary>
    protected virtual PrecisionRecall Micro(double said, double gold, double right) => InContextLabels.Micro(said, gold, right);

    EvalScore Of(double said, double gold, double right)
    {
        PrecisionRecall micro = Micro(said, gold, right);
        return new(
            micro.F1,
            new Dictionary<string, double>
            {
                ["precision"] = micro.Precision,
                ["recall"] = micro.Recall,
                [Said] = said,
                [Gold] = gold,
                [Right] = right,
            });
    }
}

/// <summary>Represents Few-NERD: the entities of a sentence and their types, 66 of them.</summary>
sealed class FewNerd(int round)
    : LongIclTask(
        "few-nerd",
        round,
        "fewnerd_infer.py",
        "Name the entities of the last sentence and their types, in the form of these examples (Entity: EntityType):\n")
{
    const string Train = "liconbench/fewnerd_train_10turns.json",
        Test = "liconbench/fewnerd_test_1800.json",
        Names = "names",
        Types = "types";

    static readonly int[] s_shown = [57, 114, 170, 224, 281];

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Files => [Train, Test];

    /// <inheritdoc/>
    protected override string Demonstrations(EvalData data) => string.Concat(DataRecord.Of(data, Train).Take(s_shown[Round - 1])
        .Select(r => Sentence(r) + string.Concat(Entities(r).Select(e => $"{e.Key}: {e.Value}\n"))));

    /// <inheritdoc/>
    protected override IEnumerable<EvalExample> Examples(EvalData data, string before) =>
        DataRecord
            .Of(data, Test)
            .Take(Most)
            .Select(
                (record, i) =>
                {
                    Dictionary<string, string> entities = Entities(record);
                    return new EvalExample(
                        i.ToString(CultureInfo.InvariantCulture),
                        Prompt(before + Sentence(record)),
                        [string.Join('\n', entities.Select(e => $"{e.Key}: {e.Value}"))],
                        NewTokens)
                    {
                        Question = record.Text("sentence"),
                        Details = new Dictionary<string, IReadOnlyList<string>>
                        {
                            [Names] = [.. entities.Keys],
                            [Types] = [.. entities.Values],
                        },
                    };
                });

    /// <inheritdoc/>
    protected override LabelCounts Count(EvalExample example, string completion) =>
        InContextLabels.CountEntities(
            InContextLabels.Entities(completion, example.Question),
            example.Details[Names].Zip(example.Details[Types]).ToDictionary(p => p.First, p => p.Second));

    /// <inheritdoc/>
    protected override int GoldCount(EvalExample example) => example.Details[Names].Count;

    static string Sentence(DataRecord record) => $"Sentence: {record.Text("sentence")}\n";

    static Dictionary<string, string> Entities(DataRecord record)
    {
        Dictionary<string, string> entities = new(StringComparer.Ordinal);
        foreach ((string name, string type) in record.Inner("entities").TextFields())
        {
            entities[name] = type;
        }
        return entities;
    }
}

/// <summary>Represents DialogRE: the relations of pairs in a dialogue, 34 kinds.</summary>
sealed class DialogRe(int round)
    : LongIclTask(
        "dialogre",
        round,
        "dialoguere_infer.py",
        "Name the relation of each pair in the last dialogue, one for each pair and in their order, in the form of these examples:\n")
{
    const string Train = "liconbench/train_dialogueRE_processed.json",
        Test = "liconbench/test_dialogueRE.json",
        Labels = "labels",
        Known = "known",
        Lead = "lead";

    static readonly int[] s_shown = [34, 67, 99, 131, 163];

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Files => [Train, Test];

    /// <inheritdoc/>
    protected override string Demonstrations(EvalData data) =>
        string.Concat(
            DataRecord
                .Of(data, Train)
                .Take(s_shown[Round - 1])
                .GroupBy(r => r.Text("dialogue"))
                .Select(d => Asked(d.Key, [.. d]) + string.Join(", ", d.Select(r => r.Text("relation"))) + "\n"));

    /// <inheritdoc/>
    protected override IEnumerable<EvalExample> Examples(EvalData data, string before)
    {
        DataRecord[] dialogues = [.. DataRecord.Of(data, Test)];
        string[] known =
        [
            .. dialogues.SelectMany(d => d.Records("relations")).Select(r => r.Text("relation")).Distinct().Order(StringComparer.Ordinal),
        ];
        int left = Most;
        for (int i = 0; i < dialogues.Length && left > 0; i++)
        {
            DataRecord[] pairs = [.. dialogues[i].Records("relations").Take(left)];
            left -= pairs.Length;
            string[] labels = [.. pairs.Select(r => r.Text("relation"))];
            string asked = Asked(dialogues[i].Text("dialogue"), pairs);
            yield return new(i.ToString(CultureInfo.InvariantCulture), Prompt(before + asked), [string.Join(", ", labels)], NewTokens)
            {
                Question = dialogues[i].Text("dialogue"),
                Details = new Dictionary<string, IReadOnlyList<string>>
                {
                    [Labels] = labels,
                    [Known] = known,
                    [Lead] = [asked[(asked.LastIndexOf('\n') + 1)..].TrimEnd()],
                },
            };
        }
    }

    /// <inheritdoc/>
    protected override LabelCounts Count(EvalExample example, string completion) => InContextLabels.CountRelations(
        InContextLabels.Relations(completion, example.Question, example.Details[Lead][0]), example.Details[Labels], example.Details[Known]);

    /// <inheritdoc/>
    protected override int GoldCount(EvalExample example) => example.Details[Labels].Count;

    /// <inheritdoc/>
    protected override PrecisionRecall Micro(double said, double gold, double right) =>
        InContextLabels.MicroOfRelations(said, gold, right);

    // The form that the official program reads answers by.
    static string Asked(string dialogue, DataRecord[] pairs)
    {
        string count = pairs.Length.ToString(CultureInfo.InvariantCulture);
        return $"Dialogue: \n{dialogue}\nThe list of {count} entity pairs are {string.Join(", ", pairs.Select(Pair))}\n"
            + $"The {count} respective relations between each entity pair are: ";
    }

    static string Pair(DataRecord pair) => $"({PythonList.Of([pair.Text("subject_entity"), pair.Text("object_entity")])[1..^1]})";
}
