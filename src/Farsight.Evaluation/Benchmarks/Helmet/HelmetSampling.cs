using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Helmet;

/// <summary>Selects HELMET's test items and demonstrations with the random numbers of its program.</summary>
/// <remarks>Source: princeton-nlp/HELMET @4526dfb, data.py; seed 42, as its configurations set it.</remarks>
static class HelmetSampling
{
    /// <summary>Represents the seed of the program.</summary>
    internal const int Seed = 42;

    /// <summary>Represents the number of test items of a set, of questions where several items ask one.</summary>
    internal const int Items = 100;

    /// <summary>Returns items in the order of datasets' shuffle(seed).</summary>
    internal static IEnumerable<T> Shuffled<T>(IReadOnlyList<T> items, long seed = Seed) =>
        new NumpyGenerator((ulong)seed).Permutation(items.Count).Select(i => items[i]);

    /// <summary>Returns the first <see cref="Items"/> of shuffled items; all of them in their order where there are no more.</summary>
    internal static IReadOnlyList<T> Drawn<T>(IReadOnlyList<T> items) =>
        items.Count <= Items ? items : [.. Shuffled(items).Take(Items)];

    /// <summary>
    /// Returns the records of a hundred keys, which Python's random.sample draws from the sorted keys, in the records' order.
    /// </summary>
    internal static IReadOnlyList<(DataRecord Record, int Index)> OfDrawnKeys(IReadOnlyList<DataRecord> records, string key)
    {
        string[] keys = [.. records.Select(r => r.Text(key)).Distinct(StringComparer.Ordinal)];
        string[] sorted = records.All(r => r.Inner(key).IsNumber)
            ? [.. keys.OrderBy(k => double.Parse(k, CultureInfo.InvariantCulture))]
            : [.. keys.Order(StringComparer.Ordinal)];
        HashSet<string> drawn = [.. new PythonRandom(Seed).Sample(sorted, Math.Min(Items, sorted.Length))];
        return [.. records.Select((r, i) => (r, i)).Where(r => drawn.Contains(r.r.Text(key)))];
    }

    /// <summary>Returns a question's demonstrations: shuffled by the question's key, each key once.</summary>
    /// <param name="demonstrations">All that may be shown.</param>
    /// <param name="key">Name of the key.</param>
    /// <param name="own">The question's key.</param>
    internal static IEnumerable<DataRecord> Shown(IReadOnlyList<DataRecord> demonstrations, string key, string own) =>
        Shuffled(demonstrations, SeedOf(own)).DistinctBy(d => d.Text(key)).Take(HelmetTasks.Shots);

    /// <summary>Returns the demonstrations of ∞Bench's tasks: the first of the other items, shuffled, without their stories.</summary>
    internal static string WithoutStories<T>(IReadOnlyList<T> others, Func<T, string> form)
    {
        string[] shown = [.. Shuffled(others).Take(HelmetTasks.Shots).Select(i => $"[story text]\n{form(i)}")];
        return shown.Length == 0 ? "" : $"For example:\n\n{string.Join("\n\n", shown)}\n\nNow, read the following story:\n\n";
    }

    /// <summary>Returns the records of an optional file; none where it is missing.</summary>
    internal static IReadOnlyList<DataRecord> Optional(EvalData data, EvalDataFile file) =>
        data.Exists(file.Path) ? [.. DataRecord.Of(data, file.Path)] : [];

    /// <summary>Returns the demonstrations that the program draws without a seed: here by a text; empty where there are none.</summary>
    /// <param name="text">The question, or what else tells the item from others.</param>
    /// <param name="all">All that may be shown.</param>
    /// <param name="before">Words before them.</param>
    /// <param name="form">Writes one.</param>
    /// <param name="after">Words after them.</param>
    internal static string DrawnBy(
        string text, IReadOnlyList<DataRecord> all, string before, Func<DataRecord, string> form, string after) =>
        all.Count == 0
            ? ""
            : before + string.Join("\n\n", Shuffled(all, SeedOf(text)).Take(HelmetTasks.Shots).Select(form)) + after;

    /// <summary>Returns the SHA-256 of a text plus a number, modulo 2³¹.</summary>
    internal static long SeedOf(string text, int plus = 0) => (long)((
        new BigInteger(SHA256.HashData(Encoding.UTF8.GetBytes(text)), isUnsigned: true, isBigEndian: true) + plus) % (1L << 31));

    /// <summary>Returns items whose labels are balanced: every round has each label once, in random order.</summary>
    /// <remarks>A label with fewer items than rounds repeats some. Labels come in the order of their first item.</remarks>
    internal static List<T> Balanced<T>(IReadOnlyList<T> items, Func<T, int> label, int count, long seed)
    {
        PythonRandom random = new(seed);
        T[][] byLabel = [.. items.GroupBy(label).Select(g => g.ToArray())];
        int rounds = (count + byLabel.Length - 1) / byLabel.Length;
        List<T>[] chosen = [.. Enumerable.Range(0, rounds).Select(_ => new List<T>())];
        foreach (T[] own in byLabel)
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
        foreach (List<T> round in chosen)
        {
            random.Shuffle(round);
        }
        return [.. chosen.SelectMany(r => r).Take(count)];
    }
}

/// <summary>Cuts the end of the document inside a prompt, and notes that there was more.</summary>
/// <remarks>
/// As data.py's truncate_llama2, whose limit counts the document's tokens of Llama 2; here the whole prompt's tokens of the model count.
/// </remarks>
/// <param name="Start">Where the document begins in the text.</param>
/// <param name="Length">Its characters.</param>
sealed record HelmetCut(int Start, int Length) : Core.Prompts.IPromptCut
{
    const string Note = " ... [the rest of the text is omitted]";

    /// <inheritdoc/>
    public string Name => "end of the document";

    /// <inheritdoc/>
    public string Apply(string text, int limit, Core.Prompts.ITextTokens tokens, out int removed)
    {
        int count = tokens.EncodeWhole(text).Length;
        if (count <= limit)
        {
            removed = 0;
            return text;
        }
        string before = text[..Start], after = Note + text[(Start + Length)..];
        int[] document = tokens.Encode(text.Substring(Start, Length));
        int kept = Math.Clamp(limit - tokens.EncodeWhole(before + after).Length, 0, document.Length);
        removed = document.Length - kept;
        return before + tokens.Decode(document.AsSpan(0, kept)) + after;
    }

    /// <summary>Returns a message with a document that may be cut.</summary>
    internal static EvalPrompt Prompt(string before, string document, string after) =>
        EvalPrompt.Of(before + document + after) with { Cut = new HelmetCut(before.Length, document.Length) };
}
