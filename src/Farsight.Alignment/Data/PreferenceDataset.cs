using System.Security.Cryptography;
using System.Text;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data;

/// <summary>A preference dataset in memory, with the hash of the file that it was read from.</summary>
/// <param name="Samples">In the file's order.</param>
/// <param name="Sha256">Of the whole file, in lower-case hexadecimal; it names the data in a run's manifest.</param>
public sealed record PreferenceDataset(IReadOnlyList<PreferenceSample> Samples, string Sha256)
{
    /// <summary>Reads a JSONL file and checks every line.</summary>
    /// <exception cref="InputException">The file is missing, empty or not UTF-8, or a line is not a sample or repeats an id; the message
    /// names file and line.</exception>
    public static PreferenceDataset Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"The preference dataset {path} does not exist; give the .jsonl file that synthesis wrote.");
        }
        PreferenceSample[] samples = [.. Stream(path)];
        if (samples.Length == 0)
        {
            throw new InputException($"{path} holds no sample; a preference dataset has one in each line.");
        }
        using FileStream file = File.OpenRead(path);
        return new(samples, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    /// <summary>Reads a JSONL file line by line, holding one sample at a time.</summary>
    /// <exception cref="InputException">As <see cref="Read"/>, when the line is reached.</exception>
    public static IEnumerable<PreferenceSample> Stream(string path)
    {
        string file = Path.GetFileName(path);
        Dictionary<string, int> lineOfId = [];
        int line = 0;
        foreach (string json in Lines(path, file))
        {
            line++;
            PreferenceSample sample = PreferenceLine.Parse(json, $"{file}:{line}");
            if (!lineOfId.TryAdd(sample.Id, line))
            {
                throw new InputException(
                    $"{file}:{line}: the id '{sample.Id}' is also that of line {lineOfId[sample.Id]}; each sample needs its own.");
            }
            yield return sample;
        }
    }

    /// <summary>Sets samples apart for evaluation. The same seed sets the same ones apart, wherever they stand in the file.</summary>
    /// <param name="heldOut">How many; fewer than there are samples.</param>
    /// <param name="seed">Every sample's rank is drawn by seed and id; those of the lowest ranks are held out.</param>
    /// <returns>Both parts in the file's order.</returns>
    /// <exception cref="InputException">Nothing would be left to train on.</exception>
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

    /// <summary>The lines of a file.</summary>
    /// <exception cref="InputException">It is missing or not UTF-8.</exception>
    internal static IEnumerable<string> Lines(string path, string file)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"The file {path} does not exist.");
        }
        using StreamReader reader = new(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        for (int line = 1; Next(reader, $"{file}:{line}") is { } json; line++)
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
            throw new InputException($"{source}: this line or one soon after it is not UTF-8; save the file as UTF-8.", e);
        }
    }
}
