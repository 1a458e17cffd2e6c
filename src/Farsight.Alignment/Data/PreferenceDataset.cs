using System.Security.Cryptography;
using System.Text;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Data;

/// <summary>Represents a preference dataset in memory, with the hash of its file.</summary>
/// <param name="Samples">Samples in the order of the file.</param>
/// <param name="Sha256">SHA-256 of the file in lower-case hexadecimal; it identifies the data in a run's manifest.</param>
public sealed record PreferenceDataset(IReadOnlyList<PreferenceSample> Samples, string Sha256)
{
    /// <summary>Reads a JSONL file and checks every line.</summary>
    /// <exception cref="InputException">The file is missing, empty or not UTF-8, or a line is not a sample or repeats an id; the message
    /// names file and line.</exception>
    public static PreferenceDataset Read(string path)
    {
        if (!File.Exists(path))
        {
            throw Missing(path);
        }
        PreferenceSample[] samples = [.. Stream(path)];
        if (samples.Length == 0)
        {
            throw Empty(path);
        }
        using FileStream file = RegularFile.OpenRead(path);
        return new(samples, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    /// <summary>Reads a JSONL file line by line, with one sample in memory at a time.</summary>
    /// <exception cref="InputException">As for <see cref="Read"/>, when the line is reached.</exception>
    public static IEnumerable<PreferenceSample> Stream(string path)
    {
        Dictionary<string, int> lineOfId = [];
        int line = 0;
        foreach (string json in Lines(path))
        {
            line++;
            PreferenceSample sample = PreferenceLine.Parse(json, $"{path}:{line}");
            foreach (string id in sample.QuestionIds)
            {
                if (!lineOfId.TryAdd(id, line))
                {
                    throw new InputException(
                        $"{path}:{line}: the id '{id}' is also the id of line {lineOfId[id]}; give each sample its own.");
                }
            }
            yield return sample;
        }
    }

    /// <summary>Holds out samples for evaluation. A seed holds out the same samples regardless of their order in the file.</summary>
    /// <param name="heldOut">Number of samples to hold out; fewer than all.</param>
    /// <param name="seed">Seed; each sample's rank depends on seed and id, and the lowest ranks are held out.</param>
    /// <returns>Both parts in the order of the file.</returns>
    /// <exception cref="InputException">No sample would remain for training.</exception>
    public (IReadOnlyList<PreferenceSample> Training, IReadOnlyList<PreferenceSample> HeldOut) Split(int heldOut, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(heldOut);
        if (heldOut >= Samples.Count)
        {
            throw new InputException($"{heldOut} samples cannot be held out of {Samples.Count}; leave at least one to train on.");
        }
        HashSet<string> apart =
        [
            .. Samples
                .Select(s => s.Id)
                .OrderBy(id => SeededRandom.For(seed, $"held-out/{id}", 0).NextUInt64())
                .ThenBy(id => id, StringComparer.Ordinal)
                .Take(heldOut),
        ];
        return ([.. Samples.Where(s => !apart.Contains(s.Id))], [.. Samples.Where(s => apart.Contains(s.Id))]);
    }

    /// <summary>Checks that the chunks are tokens of a tokenizer: the first, a middle and the last sample that has a readable prompt
    /// beside its tokens. A dataset without such samples cannot be checked.</summary>
    /// <exception cref="InputException">The tokenizer decodes a sample to another text.</exception>
    public void RequireTokenizer(Tokenizer tokenizer)
    {
        PreferenceSample[] readable = [.. Samples.Where(s => s.Prompt is not null && s.Context.Count > 0)];
        foreach (int i in new[] { 0, readable.Length / 2, readable.Length - 1 }.Where(i => i >= 0 && i < readable.Length).Distinct())
        {
            readable[i].RequireTokenizer(tokenizer);
        }
    }

    internal static InputException Missing(string path) =>
        new($"The preference dataset {path} does not exist; pass the .jsonl file that synthesis wrote.");

    internal static InputException Empty(string path) => new($"{path} is empty; a preference dataset has one sample per line.");

    /// <summary>Returns the lines of a file.</summary>
    /// <exception cref="InputException">The file is missing or not UTF-8.</exception>
    internal static IEnumerable<string> Lines(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"The file {path} does not exist.");
        }
        RegularFile.RequireText(path);
        using StreamReader reader = new(RegularFile.OpenRead(path), new UTF8Encoding(false, throwOnInvalidBytes: true));
        for (int line = 1; Next(reader, $"{path}:{line}") is { } json; line++)
        {
            yield return json;
        }
    }

    static string? Next(StreamReader reader, string source)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            // The reader decodes ahead, so the damage may be some lines further down.
            throw new InputException($"{source}: this line or one of the next lines is not UTF-8; save the file as UTF-8.", e);
        }
    }
}
