using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongIcl;

/// <summary>Represents an item of a set with one label per item.</summary>
/// <param name="Query">The lines of the prompt before the label.</param>
/// <param name="Sought">The text behind whose last copy an answer is read.</param>
/// <param name="Label">The label as the prompt writes it.</param>
sealed record LabelledItem(string Query, string Sought, string Label);

/// <summary>Provides what the sets with one label per item share.</summary>
/// <remarks>
/// Demonstrations of round r: r passes over the labels in the order of their first occurrence, the next unused item of each; a label
/// without items is replaced by a later one. Test items are chosen in the same way, the first 500 count. An answer is read behind the last
/// copy of the query, up to the next item, and its first line is compared.
/// </remarks>
/// <param name="set">The name of the set: "banking77".</param>
/// <param name="round">How often each label is shown.</param>
/// <param name="own">The first sentences of the prompt.</param>
/// <param name="marker">The end of an item's last line, before its label.</param>
/// <param name="next">The beginning of the next item in an answer; null where the official program does not cut there.</param>
/// <param name="testPasses">Passes over the labels that choose the test items.</param>
/// <param name="labels">Number of labels; a guesser finds one of as many.</param>
abstract class LongIclLabelTask(
    string set, int round, string own, string marker, string? next, int testPasses, int labels) : IGeneratedTask
{
    const string Repository = "TIGER-AI-Lab/LongICLBench @9c5da3d";
    const int NewTokens = 100, Most = 500;

    string Train => $"liconbench/{set}_train.jsonl";

    string Test => $"liconbench/{set}_test.jsonl";

    /// <summary>Gets where the data come from.</summary>
    protected abstract string Source { get; }

    /// <inheritdoc/>
    public virtual EvalTaskCard Card => new(
        string.Create(CultureInfo.InvariantCulture, $"longicl_{set}_{round}r"), 1,
        string.Create(CultureInfo.InvariantCulture, $"LongICLBench: {set}, {round} of each label"), $"arXiv:2404.02060; {Repository}",
        "the label is right", 1.0 / labels)
    {
        Benchmark = "longicl",
        Data = [new(Train, Source), new(Test, Source)],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        string before = own + string.Concat(Demonstrations([.. Items(setting.Data, Train)], round).Select(i => $"{i.Query}{i.Label}\n"));
        return Tests([.. Items(setting.Data, Test)], testPasses).Take(Most).Select((item, i) => new EvalExample(
            i.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of(before + item.Query) with { UseChatTemplate = false }, [item.Label],
            NewTokens)
        {
            Question = item.Sought,
        });
    }

    /// <inheritdoc/>
    public virtual EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(Compared(Said(example, completion)) == Compared(example.References[0]));

    /// <summary>Returns the first line of an answer.</summary>
    protected string Said(EvalExample example, string completion) => InContextLabels.Line(completion, example.Question, marker, next);

    /// <summary>Returns a label as it is compared.</summary>
    protected virtual string Compared(string label) => PythonStrings.Lower(PythonStrings.Strip(label));

    /// <summary>Reads a record; null for one that the benchmark leaves out.</summary>
    protected abstract LabelledItem? Item(DataRecord record);

    /// <summary>Chooses the demonstrations.</summary>
    protected virtual IEnumerable<LabelledItem> Demonstrations(IReadOnlyList<LabelledItem> items, int passes) => Balanced(items, passes);

    /// <summary>Chooses the test items.</summary>
    protected virtual IEnumerable<LabelledItem> Tests(IReadOnlyList<LabelledItem> items, int passes) => Balanced(items, passes);

    IEnumerable<LabelledItem> Items(EvalData data, string file) => DataRecord.Of(data, file).Select(Item).OfType<LabelledItem>();

    static List<LabelledItem> Balanced(IReadOnlyList<LabelledItem> items, int passes)
    {
        Queue<LabelledItem>[] labels = [.. items.GroupBy(i => i.Label).Select(g => new Queue<LabelledItem>(g))];
        List<LabelledItem> chosen = [];
        for (int pass = 0; pass < passes; pass++)
        {
            for (int label = 0; label < labels.Length; label++)
            {
                if (labels[label..].FirstOrDefault(l => l.Count > 0) is { } left)
                {
                    chosen.Add(left.Dequeue());
                }
            }
        }
        return chosen;
    }
}

/// <summary>Represents GoEmotion: the emotion of a comment, 28 kinds; only comments with one label.</summary>
sealed class GoEmotion(int round) : LongIclLabelTask(
    "goemotion", round,
    "Given a comment, please predict the emotion category of this comment. The predict answer must come from the demonstration examples "
        + "with the exact format. The examples are as follows: \n",
    "emotion category:", "comment: ", testPasses: 25, labels: 28)
{
    static readonly string[] s_labels =
    [
        "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire", "disappointment",
        "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism",
        "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
    ];

    /// <inheritdoc/>
    protected override string Source => "Hugging Face go_emotions, configuration simplified: splits train and test as JSONL";

    /// <inheritdoc/>
    protected override LabelledItem? Item(DataRecord record) => record.Texts("labels") is [var label]
        ? new(
            $"comment: {record.Text("text")}\nemotion category: ",
            record.Text("text"),
            int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < s_labels.Length
                ? s_labels[number]
                : label)
        : null;
}

/// <summary>Represents BANKING77: the intent of a customer's question, 77 kinds.</summary>
/// <remarks>The data's numbers of labels are those of the public data set; its JSONL must hold the names.</remarks>
sealed class Banking77(int round) : LongIclLabelTask(
    "banking77", round,
    "Given a customer service query, please predict the intent of the query. The predict answer must come from the demonstration examples "
        + "with the exact format. The examples are as follows: \n",
    "intent category:", "service query", testPasses: 7, labels: 77)
{
    /// <inheritdoc/>
    protected override string Source => "Hugging Face PolyAI/banking77: splits train and test as JSONL, \"label\" as the name of the label";

    /// <inheritdoc/>
    protected override LabelledItem? Item(DataRecord record) =>
        new($"service query: {record.Text("text")}\nintent category: ", record.Text("text"), record.Text("label"));
}

/// <summary>Represents Discovery: the word between two sentences, 174 kinds.</summary>
sealed partial class Discovery(int round) : LongIclLabelTask(
    "discovery", round,
    "Given two sentence1 and sentence2, please predict the conjunction word between the two sentences. The predict answer must come from "
        + "the demonstration examples with the exact format. The examples are as follows: \n",
    "the most suitable conjunction word in the previous ( ) is", next: null, testPasses: 4, labels: 174)
{
    /// <inheritdoc/>
    protected override string Source => "Hugging Face discovery: splits train and test as JSONL, \"label\" as the name of the label";

    /// <inheritdoc/>
    protected override string Compared(string label) =>
        PythonStrings.Strip(PythonStrings.Lower(Deleted().Replace(PythonStrings.Strip(label), "")));

    /// <inheritdoc/>
    protected override LabelledItem? Item(DataRecord record) => new(
        $"{record.Text("sentence1")} ( ) {record.Text("sentence2")}\nthe most suitable conjunction word in the previous ( ) is  ",
        record.Text("sentence2"),
        record.Text("label"));

    [GeneratedRegex("[“”,.\"]")]
    private static partial Regex Deleted();
}

/// <summary>
/// Represents TacRED: the relation of two entities in a sentence, 41 kinds, by micro F1. The user supplies the licensed text.
/// </summary>
/// <remarks>
/// Demonstrations: the data are walked once; a pass takes the first item of each label that it meets, and a new pass begins when every
/// label was seen. Answers outside the labels do not count as answers, and case counts.
/// </remarks>
sealed class TacRed(int round) : LongIclLabelTask(
    "tacred", round,
    "Given a sentence and a pair of subject and object entities within the sentence, please predict the relation between the given "
        + "entities. The examples are as follows: \n",
    "the relation between the two entities is:", "sentence:", testPasses: 20, labels: 41), IAggregatedTask
{
    const string IsSaid = "said", Right = "right", Gold = "gold";

    static readonly string[] s_labels =
    [
        "org:founded_by", "per:employee_of", "org:alternate_names", "per:cities_of_residence", "per:children", "per:title", "per:siblings",
        "per:religion", "per:age", "org:website", "per:stateorprovinces_of_residence", "org:member_of", "org:top_members/employees",
        "per:countries_of_residence", "org:city_of_headquarters", "org:members", "org:country_of_headquarters", "per:spouse",
        "org:stateorprovince_of_headquarters", "org:number_of_employees/members", "org:parents", "org:subsidiaries", "per:origin",
        "org:political/religious_affiliation", "per:other_family", "per:stateorprovince_of_birth", "org:dissolved", "per:date_of_death",
        "org:shareholders", "per:alternate_names", "per:parents", "per:schools_attended", "per:cause_of_death", "per:city_of_death",
        "per:stateorprovince_of_death", "org:founded", "per:country_of_birth", "per:date_of_birth", "per:city_of_birth", "per:charges",
        "per:country_of_death",
    ];

    /// <inheritdoc/>
    public override EvalTaskCard Card => base.Card with { Metric = "micro F1 of the relations" };

    /// <inheritdoc/>
    protected override string Source =>
        "your own licensed copy of TACRED (LDC2018T24), as JSONL with sentence, subject_entity, object_entity and relation";

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion)
    {
        string said = Said(example, completion);
        return Of(s_labels.Contains(said) ? 1 : 0, 1, said == example.References[0] ? 1 : 0);
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        double Sum(string count) => examples.Sum(e => e.Score.Beside.GetValueOrDefault(count));
        return Of(Sum(IsSaid), Sum(Gold), Sum(Right));
    }

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) => Of(0, 1, 0);

    /// <inheritdoc/>
    protected override LabelledItem? Item(DataRecord record) => s_labels.Contains(record.Text("relation"))
        ? new(
            $"sentence: {record.Text("sentence")}\nthe subject is {record.Text("subject_entity")} and the object is "
                + $"{record.Text("object_entity")}\nthe relation between the two entities is: ",
            record.Text("sentence"),
            record.Text("relation"))
        : null;

    /// <inheritdoc/>
    protected override IEnumerable<LabelledItem> Demonstrations(IReadOnlyList<LabelledItem> items, int passes)
    {
        HashSet<string> seen = [];
        foreach (LabelledItem item in items)
        {
            if (passes == 0)
            {
                yield break;
            }
            if (seen.Add(item.Label))
            {
                yield return item;
            }
            if (seen.Count == s_labels.Length)
            {
                passes--;
                seen.Clear();
            }
        }
    }

    /// <inheritdoc/>
    protected override IEnumerable<LabelledItem> Tests(IReadOnlyList<LabelledItem> items, int passes)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        return items.Where(i => (counts[i.Label] = counts.GetValueOrDefault(i.Label) + 1) <= passes);
    }

    static EvalScore Of(double said, double gold, double right)
    {
        PrecisionRecall micro = InContextLabels.MicroOfRelations(said, gold, right);
        return new(micro.F1, new Dictionary<string, double>
        {
            ["precision"] = micro.Precision,
            ["recall"] = micro.Recall,
            [IsSaid] = said,
            [Gold] = gold,
            [Right] = right,
        });
    }
}
