using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Evaluation.Core;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.LongGenBench;

/// <summary>
/// Represents Spinning the Golden Thread, also called LongGenBench: a diary, a city or a tower in hundreds of parts with required events.
/// </summary>
/// <remarks>
/// Version 1. The official judge is asked once for each event; here once for each text, with all events and the parts they belong in, in
/// words of ours. As officially, an event counts as absent unless the judge says yes, and events of parts that were not written are not
/// counted: "completion" tells how many parts there are. The number is the mean of three accuracies over all texts.
/// </remarks>
sealed class GoldenThreadTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => [new GoldenThread("short", 16000), new GoldenThread("long", 32000)];
}

/// <summary>Represents one length of Spinning the Golden Thread.</summary>
/// <param name="size">"short" or "long".</param>
/// <param name="newTokens">Room for the text.</param>
sealed partial class GoldenThread(string size, int newTokens) : IJudgedTask, IAggregatedTask
{
    const string Repository = "mozhu621/LongGenBench @62c0e86",
        Completion = "completion",
        Number = "number",
        Prefix = "prefix",
        Kind = "type";

    static readonly string[] s_checks = ["once", "range", "periodic"];

    string File => $"longgenbench_sgt/Dataset_{size}.json";

    /// <inheritdoc/>
    public EvalTaskCard Card =>
        new(
            $"sgt_{size}",
            1,
            $"Spinning the Golden Thread (LongGenBench), {size}",
            $"arXiv:2409.02076; {Repository}",
            "events where they belong, of the parts written",
            0)
        {
            Benchmark = "sgt",
            Data = [new(File, $"{Repository}: Dataset/Dataset_{size}.json")],
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        foreach ((int i, DataRecord record) in DataRecord.Of(setting.Data, File).Index())
        {
            Dictionary<string, IReadOnlyList<string>> details = s_checks.ToDictionary(
                c => c,
                c => (IReadOnlyList<string>)Checks(record, c));
            (details[Prefix], details[Kind]) = ([record.Text(Prefix)], [record.Text(Kind)]);
            details[Number] = [record.Number(Number).ToString(CultureInfo.InvariantCulture)];
            yield return new(
                i.ToString(CultureInfo.InvariantCulture),
                EvalPrompt.Of(record.Text("prompt")) with
                {
                    UseChatTemplate = false,
                },
                [],
                newTokens)
            {
                Question = record.Text(Kind),
                Groups = new Dictionary<string, string> { [Kind] = record.Text(Kind) },
                Stop = ["*** finished"],
                Temperature = 0.95f,
                TopP = 0.95f,
                Details = details,
            };
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ChatTurn> Judge(EvalExample example, IReadOnlyList<string> completions)
    {
        StringBuilder text = new(
            "Below are parts of a text, each followed by an event. Say for each number whether its part includes the event. "
                + "Answer with one line each: the number, a colon, and yes or no.\n"
        );
        foreach ((int i, Check check) in Asked(example, completions[0]).Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"\n[{i + 1}] Part: {check.Part.Trim()}\n[{i + 1}] Event: {check.Event}\n");
        }
        return [new("user", text.ToString())];
    }

    /// <inheritdoc/>
    public EvalScore? Score(EvalExample example, IReadOnlyList<string> completions, string verdict)
    {
        Check[] checks = [.. Asked(example, completions[0])];
        HashSet<int> yes =
        [
            .. Verdict()
                .Matches(verdict)
                .Where(m => m.Groups[2].Value.StartsWith('y') || m.Groups[2].Value.StartsWith('Y'))
                .Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)),
        ];
        if (checks.Length > 0 && !Verdict().IsMatch(verdict))
        {
            return null;
        }
        Dictionary<string, double> beside = new()
        {
            [Completion] = LongGenerationBlocks.CompletionRate(Parts(example, completions[0]), Count(example)) / 100,
        };
        foreach (string kind in s_checks)
        {
            (beside[kind + " right"], beside[kind]) = (
                checks.Index().Count(c => c.Item.Kind == kind && yes.Contains(c.Index + 1)),
                checks.Count(c => c.Kind == kind));
        }
        return new(Accuracy([beside]), beside);
    }

    /// <inheritdoc/>
    public EvalScore Aggregate(IReadOnlyList<ScoredExample> examples)
    {
        IReadOnlyDictionary<string, double>[] beside = [.. examples.Select(e => e.Score.Beside)];
        return new(
            Accuracy(beside),
            s_checks
                .ToDictionary(k => k, k => Share(beside, k))
                .Append(new(Completion, beside.Average(b => b.GetValueOrDefault(Completion))))
                .ToDictionary());
    }

    /// <inheritdoc/>
    public EvalScore Failure(EvalExample example) =>
        new(0, s_checks.ToDictionary(kind => kind, kind => (double)example.Details[kind].Count));

    static double Accuracy(IReadOnlyList<IReadOnlyDictionary<string, double>> beside) => s_checks.Average(k => Share(beside, k));

    static double Share(IReadOnlyList<IReadOnlyDictionary<string, double>> beside, string kind)
    {
        double asked = beside.Sum(b => b.GetValueOrDefault(kind));
        return asked == 0 ? 0 : beside.Sum(b => b.GetValueOrDefault(kind + " right")) / asked;
    }

    static IEnumerable<Check> Asked(EvalExample example, string completion)
    {
        IReadOnlyDictionary<BigInteger, string> parts = Parts(example, completion);
        return from kind in s_checks
               from check in example.Details[kind]
               let at = check.IndexOf('\t')
               let part = parts.GetValueOrDefault(BigInteger.Parse(check[..at], CultureInfo.InvariantCulture))
               where part is not null
               select new Check(kind, part, check[(at + 1)..]);
    }

    static OrderedDictionary<BigInteger, string> Parts(EvalExample example, string completion) =>
        LongGenerationBlocks.Parse(example.Details[Prefix][0] + completion, example.Details[Kind][0]);

    static int Count(EvalExample example) => int.Parse(example.Details[Number][0], CultureInfo.InvariantCulture);

    static string[] Checks(DataRecord record, string kind)
    {
        IReadOnlyList<(string Part, string Event)> checks = record.Inner("checks_" + kind).TextFields();
        return checks.All(c => BigInteger.TryParse(c.Part, CultureInfo.InvariantCulture, out _))
            ? [.. checks.Select(c => $"{c.Part}\t{c.Event}")]
            : throw record.Lacks($"events under the numbers of their parts in 'checks_{kind}'");
    }

    sealed record Check(string Kind, string Part, string Event);

    [GeneratedRegex(@"\[?(\d{1,6})\]?\W{1,4}(yes|no)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Verdict();
}
