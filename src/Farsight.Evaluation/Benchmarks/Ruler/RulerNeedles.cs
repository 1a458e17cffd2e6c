using System.Globalization;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Metrics;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Represents what a needle task hides, and in what.</summary>
/// <param name="Haystack">"noise", "essay" or "needle".</param>
/// <param name="KeyKind">"words", "numbers" or "uuids".</param>
/// <param name="ValueKind">As <paramref name="KeyKind"/>.</param>
/// <param name="Keys">Keys hidden.</param>
/// <param name="Values">Values for each of them.</param>
/// <param name="Queries">Keys asked for.</param>
sealed record RulerNeedlesPlan(string Haystack, string KeyKind, string ValueKind, int Keys, int Values, int Queries);

/// <summary>
/// Draws the eight needle tasks: "One of the special magic numbers for KEY is: VALUE." in noise, essays or other needles.
/// </summary>
/// <remarks>
/// Needles are shuffled by a generator that is seeded again for each sample, so their order is one fixed permutation. In essays they go
/// between sentences at depths drawn out of forty from 0 to 100 %.
/// </remarks>
sealed class RulerNeedles(RulerNeedlesPlan plan, RulerTemplate template, RulerSetting setting, RulerWords? words, RulerEssays? essays)
    : IRulerGenerator
{
    const string Needle = "One of the special magic {type_needle_v} for {key} is: {value}.";

    static readonly int[] s_depths = [.. Enumerable.Range(0, 40).Select(i => (int)Math.Round(i * (100.0 / 39)))];

    readonly PythonRandom _random = new(setting.Seed);

    /// <inheritdoc/>
    public int Available => int.MaxValue;

    /// <inheritdoc/>
    public int Increment { get; } = plan.Haystack == "essay" ? 500 : setting.MaxTokens < 4096 ? 5 : 25;

    /// <inheritdoc/>
    public int LargestSize => essays?.Count ?? int.MaxValue;

    /// <inheritdoc/>
    public string CountedAnswers(IReadOnlyList<string> outputs) => string.Join(' ', outputs);

    /// <inheritdoc/>
    public RulerDraft Draw(int sample, int size)
    {
        (string Key, string[] Values)[] hidden = [.. Enumerable.Range(0, Math.Max(plan.Keys, plan.Queries)).Select(_ => DrawKey())];
        List<string> needles = [.. hidden.SelectMany(h => h.Values.Select(v => Sentence(h.Key, v)))];
        new PythonRandom(setting.Seed).Shuffle(needles);
        string context = plan.Haystack == "essay" ? InEssays(needles, size) : InLines(needles, size);

        int[] asked = _random.Sample(hidden.Length, plan.Queries);
        return Ask(context, [.. asked.Select(i => hidden[i].Key)], [.. asked.SelectMany(i => hidden[i].Values)]);
    }

    (string, string[]) DrawKey()
    {
        string key = DrawText(plan.KeyKind);
        string[] values = new string[plan.Values];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = DrawText(plan.ValueKind);
        }
        return (key, values);
    }

    string DrawText(string kind) => kind switch
    {
        "numbers" => _random.RandInt(1_000_000, 9_999_999).ToString(CultureInfo.InvariantCulture),
        "words" => words![_random.Below(words.Count)],
        "uuids" => _random.Uuid(),
        _ => throw new ArgumentException($"There is no kind '{kind}'.", nameof(kind)),
    };

    string Sentence(string key, string value) =>
        RulerTemplate.Fill(Needle, ("type_needle_v", plan.ValueKind), ("key", key), ("value", value));

    string InEssays(List<string> needles, int size)
    {
        IReadOnlyList<string> sentences = essays!.Sentences(size);
        int[] places =
        [
            .. _random.Sample(s_depths, needles.Count).Select(d => (int)(sentences.Count * (d / 100.0))).Order(),
            sentences.Count,
        ];
        List<string> parts = [];
        for (int i = 0, from = 0; i < places.Length; from = places[i++])
        {
            parts.Add(string.Join(' ', sentences.Skip(from).Take(places[i] - from)));
            if (i < needles.Count)
            {
                parts.Add(needles[i]);
            }
        }
        return string.Join(' ', parts);
    }

    string InLines(List<string> needles, int size)
    {
        List<string> lines = [];
        for (int i = 0; i < size; i++)
        {
            lines.Add(plan.Haystack == "noise" ? RulerNoise.Line : Sentence(DrawText(plan.KeyKind), DrawText(plan.ValueKind)));
        }
        int[] places = _random.Sample(size, needles.Count);
        foreach ((int place, string needle) in places.OrderDescending().Zip(needles))
        {
            lines.Insert(place, needle);
        }
        return string.Join('\n', lines);
    }

    RulerDraft Ask(string context, string[] keys, string[] values)
    {
        bool one = plan.Queries * plan.Values == 1;
        string query = keys.Length > 1 ? $"{string.Join(", ", keys[..^1])}, and {keys[^1]}" : keys[0];
        (string, string)[] fields =
        [
            ("type_needle_v", one ? plan.ValueKind[..^1] : plan.ValueKind),
            ("context", context),
            ("query", query),
        ];
        return new(RulerTemplate.Fill(Number(template.Prompt), fields), RulerTemplate.Fill(Number(template.AnswerPrefix), fields), values);

        string Number(string text) => !one ? text : text
            .Replace("Some", "A", StringComparison.Ordinal).Replace("are all", "is", StringComparison.Ordinal)
            .Replace("are", "is", StringComparison.Ordinal).Replace("answers", "answer", StringComparison.Ordinal);
    }
}

/// <summary>Provides the line that RULER repeats as noise.</summary>
static class RulerNoise
{
    internal const string Line = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";
}
