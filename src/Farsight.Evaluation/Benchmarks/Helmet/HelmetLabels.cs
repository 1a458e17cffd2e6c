using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Helmet;

/// <summary>Represents HELMET's in-context learning: labels as shuffled numbers, learned from balanced demonstrations.</summary>
/// <remarks>
/// The order of the demonstrations and the numbers of the labels are drawn by Python's random as in the official program. Their count is
/// the official one at 131,072 tokens, and in proportion at other lengths; the official counts at 8K to 64K differ from that by rounding.
/// </remarks>
/// <param name="set">Name of the set.</param>
/// <param name="labels">Number of labels.</param>
/// <param name="shots">Demonstrations at 131,072 tokens.</param>
sealed class HelmetLabels(string set, int labels, int shots) : IGeneratedTask
{
    const string Prefix = "label:";
    const int NewTokens = 20, Seed = 42, FullLength = 131072;

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
        (string Text, int Label)[] train = [.. DataRecord.Of(setting.Data, Train.Path).Select(Item)];
        if (train.Length == 0)
        {
            throw new InputException($"{Train.Path} has no demonstrations; {EvalData.Advice}.");
        }
        int count = Math.Max(1, (int)((long)shots * setting.Length / FullLength));
        List<(string Text, int Label)> shown = Balanced(train, count);
        string length = setting.Length.ToString(CultureInfo.InvariantCulture);
        return DataRecord.Of(setting.Data, Test.Path).Select(Item).Select((item, i) =>
        {
            int[] numbers = Numbers(item.Text);
            string context = string.Join("\n\n", shown.Select(d =>
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

    (string Text, int Label) Item(DataRecord record) => record.Number("label") is var label && label >= 0 && label < labels
        ? (record.Text("text"), label)
        : throw record.Lacks($"a label below {labels.ToString(CultureInfo.InvariantCulture)}");

    // The seed is the SHA-256 of the text plus 42, modulo 2^31.
    int[] Numbers(string text)
    {
        BigInteger hash = new(SHA256.HashData(Encoding.UTF8.GetBytes(text)), isUnsigned: true, isBigEndian: true);
        int[] numbers = [.. Enumerable.Range(0, labels)];
        new PythonRandom((long)((hash + Seed) % (1L << 31))).Shuffle(numbers);
        return numbers;
    }

    // Every round has each label once, in random order; a label without enough items repeats some.
    static List<(string Text, int Label)> Balanced(IReadOnlyList<(string Text, int Label)> items, int count)
    {
        PythonRandom random = new(Seed);
        (string Text, int Label)[][] byLabel = [.. items.GroupBy(i => i.Label).Select(g => g.ToArray())];
        int rounds = (count + byLabel.Length - 1) / byLabel.Length;
        List<(string, int)>[] chosen = [.. Enumerable.Range(0, rounds).Select(_ => new List<(string, int)>())];
        foreach ((string Text, int Label)[] own in byLabel)
        {
            List<int> indexes = [.. random.Sample(own.Length, rounds % own.Length)];
            while (indexes.Count < rounds)
            {
                indexes.AddRange(random.Sample(own.Length, Math.Min(rounds - indexes.Count, own.Length)));
            }
            for (int round = 0; round < rounds; round++)
            {
                chosen[round].Add(own[indexes[round]]);
            }
        }
        foreach (List<(string, int)> round in chosen)
        {
            random.Shuffle(round);
        }
        return [.. chosen.SelectMany(r => r).Take(count)];
    }
}
