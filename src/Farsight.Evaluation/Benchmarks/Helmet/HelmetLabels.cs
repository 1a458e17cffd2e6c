using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Helmet;

/// <summary>Represents HELMET's in-context learning: labels as shuffled numbers, learned from balanced demonstrations.</summary>
/// <remarks>
/// Demonstrations, their order and the numbers of the labels are drawn for each test item by Python's random, seeded with the SHA-256 of
/// the item's text plus 42, as in the official program. Of more than 500 test items, a balanced part is drawn. At other lengths than the
/// official ones, the number of demonstrations is in proportion to the longest.
/// </remarks>
/// <param name="set">Name of the set.</param>
/// <param name="labels">Number of labels.</param>
/// <param name="shots">Demonstrations at 4,096 tokens and at each doubling up to 131,072.</param>
sealed class HelmetLabels(string set, int labels, params int[] shots) : IGeneratedTask
{
    const string Prefix = "label:";
    const int NewTokens = 20, Shortest = 4096, Tests = 500;

    EvalDataFile Train { get; } =
        new($"helmet/icl_{set}_train.jsonl", $"the data set {set} of HELMET, split train, as JSONL with text and label (its number)");

    EvalDataFile Test { get; } =
        new($"helmet/icl_{set}_test.jsonl", $"the data set {set} of HELMET, its test split, as JSONL with text and label (its number)");

    /// <inheritdoc/>
    public EvalTaskCard Card =>
        HelmetTasks.Card($"icl_{set}", $"labels from demonstrations ({set})", "the number is right", 1.0 / labels, Train, Test) with
        {
            IsPerLength = true,
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        (string Text, int Label)[] train = [.. DataRecord.Of(setting.Data, Train.Path).Select(Item)],
            test = [.. DataRecord.Of(setting.Data, Test.Path).Select(Item)];
        if (train.Length == 0)
        {
            throw new InputException($"{Train.Path} has no demonstrations; {EvalData.Advice}.");
        }
        IReadOnlyList<(string Text, int Label)> tests = test.Length <= Tests
            ? test
            : HelmetSampling.Balanced([.. HelmetSampling.Shuffled(test)], t => t.Label, Tests, HelmetSampling.Seed);
        int count = ShotsAt(setting.Length);
        string length = setting.Length.ToString(CultureInfo.InvariantCulture);
        return tests.Select((item, i) =>
        {
            long seed = HelmetSampling.SeedOf(item.Text, HelmetSampling.Seed);
            int[] numbers = [.. Enumerable.Range(0, labels)];
            new PythonRandom(seed).Shuffle(numbers);
            string context = string.Join("\n\n", HelmetSampling.Balanced(train, d => d.Label, count, seed).Select(d =>
                string.Create(CultureInfo.InvariantCulture, $"{d.Text}\nlabel: {numbers[d.Label]}")));
            return new EvalExample(
                string.Create(CultureInfo.InvariantCulture, $"{length}-{i}"),
                HelmetTasks.Continued(
                    "Use the provided mapping from the text to label to assign a label to the text. Only output \"label: {label}\" and "
                        + $"nothing else. \n\n{context}\n\n{item.Text}",
                    Prefix),
                [numbers[item.Label].ToString(CultureInfo.InvariantCulture)],
                NewTokens)
            {
                Question = item.Text,
                Stop = ["\n"],
                Groups = new Dictionary<string, string> { [EvalExample.Length] = length },
            };
        });
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) =>
        EvalScore.Of(HelmetScore.Metrics(HelmetScore.Parsed(Prefix + completion, Prefix), example.References).IsExact);

    /// <summary>Returns the number of demonstrations at a length.</summary>
    internal int ShotsAt(int length)
    {
        int official = Enumerable.Range(0, shots.Length).FirstOrDefault(i => Shortest << i == length, -1);
        return official >= 0
            ? shots[official]
            : Math.Max(1, (int)((long)shots[^1] * length / (Shortest << (shots.Length - 1))));
    }

    (string Text, int Label) Item(DataRecord record) => record.Number("label") is var label && label >= 0 && label < labels
        ? (record.Text("text"), label)
        : throw record.Lacks($"a label below {labels.ToString(CultureInfo.InvariantCulture)}");
}
