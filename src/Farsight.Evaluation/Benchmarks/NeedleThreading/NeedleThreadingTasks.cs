using System.Globalization;
using System.Text.RegularExpressions;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Text.Conversations;

namespace Farsight.Evaluation.Benchmarks.NeedleThreading;

/// <summary>Represents needle threading's five tasks over JSON objects of UUIDs.</summary>
/// <remarks>
/// Version 1. The original's data are one fixed set; these are drawn by seed, to a length in tokens instead of characters, and asked in
/// our own words. Five needles, threads of five steps, three threads. A single value is right when the completion begins with it, quotes
/// aside; of lists all values must be named in order, and "found" is the share of right values that are named.
/// </remarks>
sealed class NeedleThreadingTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks => ThreadKind.All.Select(k => new NeedleThreadingTask(k));
}

/// <summary>Represents one of the five tasks.</summary>
sealed partial class NeedleThreadingTask(ThreadKind kind) : IGeneratedTask
{
    const int StandardSamples = 10, SpareTokens = 16, TriedPairs = 20;

    bool AsksDepth => kind == ThreadKind.All[0];

    /// <inheritdoc/>
    public EvalTaskCard Card { get; } =
        new(
            "threading_" + kind.Name,
            1,
            "Needle threading: " + kind.Title.ToLowerInvariant(),
            "arXiv:2411.05000; jonathan-roberts1/needle-threading @006f8f5",
            "all values exact",
            0)
        {
            Benchmark = "needle-threading",
            IsPerLength = true,
        };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting) =>
        from depth in AsksDepth ? setting.Depths : [0]
        from number in Enumerable.Range(0, setting.SamplesOr(StandardSamples))
        select Example(setting, setting.TokensFor(Card.Name), depth, number);

    /// <inheritdoc/>
    public int? Count(EvalSetting setting) => setting.SamplesOr(StandardSamples) * (AsksDepth ? setting.Depths.Count : 1);

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion)
    {
        string[] named = [.. Uuid().Matches(completion).Select(m => m.Value)];
        bool isRight = example.References.Count == 1
            ? completion.TrimStart(' ', '\n', '"', '\'').StartsWith(example.References[0], StringComparison.Ordinal)
            : named.SequenceEqual(example.References, StringComparer.Ordinal);
        double found = (double)example.References.Count(r => named.Contains(r, StringComparer.Ordinal)) / example.References.Count;
        return new(isRight ? 1 : 0, new Dictionary<string, double> { ["found"] = found });
    }

    EvalExample Example(EvalSetting setting, ITextTokens tokens, double depth, int number)
    {
        string cell = string.Create(CultureInfo.InvariantCulture, $"{setting.Length}{(AsksDepth ? $"-{depth:0.####}" : "")}");
        int format = setting.Format?.Conversation([new ChatTurn("user", "")], "").Length ?? 0;
        for (int pairs = MostPairs(setting, tokens); pairs >= ThreadKind.FewestPairs; pairs -= 1 + (pairs / 50))
        {
            SeededRandom random = SeededRandom.For(setting.Seed, $"{Card.Name}/{cell}", number);
            ThreadHaystack haystack = ThreadHaystack.Draw(ref random, pairs);
            ThreadQuestion question = kind.Ask(ref random, haystack, depth);
            string prompt = $"{haystack.Json}\n{question.Text}";
            int newTokens = tokens.Count(string.Join(", ", question.Answers.Select(a => $"\"{a}\""))) + SpareTokens;
            if (tokens.Count(prompt) + format + newTokens <= setting.Length)
            {
                return new($"{cell}-{number}", EvalPrompt.Of(prompt), question.Answers, newTokens)
                {
                    Question = question.Text,
                    Groups = Groups(setting.Length, depth),
                };
            }
        }
        throw new InputException(
            $"A context of {setting.Length} tokens is too short for {Card.Name}, which needs {ThreadKind.FewestPairs} pairs of UUIDs; "
                + "use a longer one."
        );
    }

    static int MostPairs(EvalSetting setting, ITextTokens tokens)
    {
        SeededRandom random = SeededRandom.For(setting.Seed, "threading/pair", 0);
        return (int)
            Math.Min(int.MaxValue, setting.Length * (long)TriedPairs / tokens.Count(ThreadHaystack.Draw(ref random, TriedPairs).Json));
    }

    Dictionary<string, string> Groups(int length, double depth)
    {
        Dictionary<string, string> groups = new() { [EvalExample.Length] = length.ToString(CultureInfo.InvariantCulture) };
        if (AsksDepth)
        {
            groups[EvalExample.Depth] = depth.ToString("0.####", CultureInfo.InvariantCulture);
        }
        return groups;
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();
}
