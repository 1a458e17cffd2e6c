using System.Globalization;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Represents what Punkt learned about a language (Kiss and Strunk 2006), in the text files of NLTK's <c>punkt_tab</c>.</summary>
/// <remarks>
/// The folder, such as <c>punkt_tab/english</c>, holds <c>abbrev_types.txt</c>, <c>sent_starters.txt</c> (a word a line),
/// <c>collocations.tab</c> (two words a line) and <c>ortho_context.tab</c> (a word and a number a line).
/// </remarks>
sealed class PunktModel
{
    readonly HashSet<string> _abbreviations;
    readonly HashSet<string> _starters;
    readonly HashSet<(string First, string Second)> _collocations;
    readonly Dictionary<string, int> _contexts;

    PunktModel(string folder)
    {
        _abbreviations = new(Lines(folder, "abbrev_types.txt"), StringComparer.Ordinal);
        _starters = new(Lines(folder, "sent_starters.txt"), StringComparer.Ordinal);
        _collocations = [.. Pairs(folder, "collocations.tab")];
        _contexts = Pairs(folder, "ortho_context.tab").DistinctBy(p => p.First)
            .ToDictionary(p => p.First, p => Flags(folder, p.Second), StringComparer.Ordinal);
    }

    /// <summary>Reads the four files.</summary>
    /// <exception cref="InputException">A file is missing or damaged.</exception>
    public static PunktModel Open(string folder) => new(folder);

    /// <summary>Determines whether a folder contains a model.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, "ortho_context.tab"));

    /// <summary>Determines whether a word, in lower case and without its period, is an abbreviation.</summary>
    public bool IsAbbreviation(string word) => _abbreviations.Contains(word);

    /// <summary>Determines whether a word often starts a sentence.</summary>
    public bool IsStarter(string word) => _starters.Contains(word);

    /// <summary>Determines whether two words often surround a period that ends no sentence.</summary>
    public bool IsCollocation(string first, string second) => _collocations.Contains((first, second));

    /// <summary>
    /// Returns the orthographic contexts of a word: the sum of 2, 4, 8 for upper case at the start, inside and at unknown places of
    /// sentences, and 16, 32, 64 for lower case. 0 for unknown words.
    /// </summary>
    public int Context(string word) => _contexts.GetValueOrDefault(word);

    static string[] Lines(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return File.Exists(path)
            ? [.. RegularFile.ReadAllText(path).Split('\n').Where(l => l.Length > 0)]
            : throw new InputException(
                $"{path} is missing; put a language's folder of NLTK's punkt_tab there (python -m nltk.downloader punkt_tab).");
    }

    static IEnumerable<(string First, string Second)> Pairs(string folder, string file) =>
        Lines(folder, file)
            .Select(line =>
                line.Split('\t') is [string first, string second]
                    ? (first, second)
                    : throw new InputException(
                        $"The line \"{line}\" of {Path.Combine(folder, file)} does not have two values separated by a tab; "
                            + "download the file again."
                    ));

    static int Flags(string folder, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int flags)
            ? flags
            : throw new InputException(
                $"\"{text}\" in {Path.Combine(folder, "ortho_context.tab")} is not a number; download the file again.");
}
