using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongProc;

/// <summary>Represents countdown: four numbers and a target, and the written search for three equations.</summary>
/// <remarks>The reference is searched for, as in the original; what the data file says of it is not read.</remarks>
sealed class Countdown(string size) : LongProcTask("countdown", size, "equations right")
{
    const string Numbers = "nums", Target = "target";

    static readonly (long[] Numbers, long Target)[] s_demonstrations = [([40, 19, 23, 7], 29), ([9, 16, 6, 18], 12)];

    /// <inheritdoc/>
    public override EvalScore Score(EvalExample example, string completion) => ScoreOf(LongProcCountdown.Score(
        completion, [.. example.Details[Numbers].Select(Parse)], Parse(example.Details[Target][0]), example.References[0]));

    /// <inheritdoc/>
    protected override LongProcItem? Item(EvalData data, DataRecord record, string template)
    {
        IReadOnlyList<string> numbers = record.Texts(Numbers);
        if (!numbers.All(n => int.TryParse(n, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
        {
            throw record.Lacks($"whole numbers '{Numbers}'");
        }
        int target = record.Number(Target);
        return CountdownSearch.Write([.. numbers.Select(n => (long)Parse(n))], target) is not { } search
            ? throw record.Lacks("numbers that reach the target")
            : new(
                new Dictionary<string, string> { [Numbers] = List(numbers), [Target] = record.Text(Target) },
                search,
                $"{List(numbers)} to {record.Text(Target)}")
            {
                Details = new Dictionary<string, IReadOnlyList<string>> { [Numbers] = numbers, [Target] = [record.Text(Target)] },
            };
    }

    /// <inheritdoc/>
    protected override string Template(EvalData data, string template) => PythonFormat.Fill(template, new Dictionary<string, string>
    {
        ["demonstration"] = string.Join("\n\n", s_demonstrations.Select(Demonstration)),
        [Numbers] = "{nums}",
        [Target] = "{target}",
    }, PromptFile);

    static string Demonstration((long[] Numbers, long Target) puzzle) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"# Example\nNumbers: [{string.Join(", ", puzzle.Numbers)}]\nTarget: {puzzle.Target}\n\n")
        + CountdownSearch.Write(puzzle.Numbers, puzzle.Target);

    static string List(IReadOnlyList<string> numbers) => $"[{string.Join(", ", numbers)}]";

    static int Parse(string number) => int.Parse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
