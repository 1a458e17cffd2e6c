using System.Globalization;
using System.Numerics;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>Reads the word frequencies and the hidden Markov model of jieba 0.42.1 from a folder of the user's.</summary>
/// <remarks>
/// The folder holds <c>dict.txt</c> and, there or in <c>finalseg/</c>, <c>prob_start.py</c>, <c>prob_trans.py</c> and <c>prob_emit.py</c>:
/// it is the installed Python package, or a copy of these four files. dict.txt of version 0.42.1 has the SHA-256 7197c3211d….
/// </remarks>
sealed class JiebaWords
{
    /// <summary>Represents the log-probability of an impossible event.</summary>
    public const double Never = -3.14e100;

    /// <summary>Lists the hidden states in the order that decides ties: later ones win.</summary>
    public const string States = "BEMS";

    readonly Dictionary<string, int> _frequencies = new(StringComparer.Ordinal);
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    readonly Dictionary<char, double[]> _emissions = [];
    readonly double[] _starts;
    readonly double[,] _transitions = new double[States.Length, States.Length];

    JiebaWords(string folder)
    {
        _lookup = _frequencies.GetAlternateLookup<ReadOnlySpan<char>>();
        ReadWords(Path.Combine(folder, "dict.txt"));
        _starts = [.. States.Select(s => Probability(Model(folder, "prob_start.py"), s))];
        List<KeyValuePair<object?, object?>> transitions = Model(folder, "prob_trans.py");
        for (int from = 0; from < States.Length; from++)
        {
            for (int to = 0; to < States.Length; to++)
            {
                _transitions[from, to] = Probability(Inner(transitions, States[from]), States[to]);
            }
        }
        ReadEmissions(Model(folder, "prob_emit.py"));
    }

    /// <summary>Gets the natural logarithm of the sum of all frequencies.</summary>
    public double LogTotal { get; private set; }

    /// <summary>Reads the four files.</summary>
    /// <exception cref="InputException">A file is missing or damaged.</exception>
    public static JiebaWords Open(string folder) => new(folder);

    /// <summary>Looks up a text. Returns false when no word starts with it; a proper prefix of words has frequency 0.</summary>
    public bool TryGetFrequency(ReadOnlySpan<char> text, out int frequency) => _lookup.TryGetValue(text, out frequency);

    /// <summary>Returns the log-probability that a text starts in a state, by its index in <see cref="States"/>.</summary>
    public double Start(int state) => _starts[state];

    /// <summary>Returns the log-probability of a state after another.</summary>
    public double Transition(int from, int to) => _transitions[from, to];

    /// <summary>Returns the log-probability of a character in a state.</summary>
    public double Emission(int state, char character) => _emissions.TryGetValue(character, out double[]? values) ? values[state] : Never;

    void ReadWords(string path)
    {
        long total = 0;
        int number = 0;
        foreach (string line in RegularFile.ReadLines(Found(path)))
        {
            number++;
            string[] parts = PythonStrings.Strip(line).Split(' ');
            if (parts.Length < 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int frequency))
            {
                throw new InputException(
                    $"Line {number} of {path} is \"{line}\"; expected a word and its frequency, separated by a space.");
            }
            _frequencies[parts[0]] = frequency;
            total += frequency;
            for (int length = 1; length < parts[0].Length; length++)
            {
                _lookup.TryAdd(parts[0].AsSpan(0, length), 0);
            }
        }
        LogTotal = Math.Log(total);
    }

    void ReadEmissions(List<KeyValuePair<object?, object?>> model)
    {
        for (int state = 0; state < States.Length; state++)
        {
            foreach ((object? character, object? value) in Inner(model, States[state]))
            {
                if (character is string { Length: 1 } one && value is double logProb)
                {
                    if (!_emissions.TryGetValue(one[0], out double[]? values))
                    {
                        _emissions[one[0]] = values = [Never, Never, Never, Never];
                    }
                    values[state] = logProb;
                }
            }
        }
    }

    static List<KeyValuePair<object?, object?>> Model(string folder, string file)
    {
        string path = Path.Combine(folder, "finalseg", file);
        path = Found(File.Exists(path) ? path : Path.Combine(folder, file));
        string text = RegularFile.ReadAllText(path);
        int start = text.IndexOf("P={", StringComparison.Ordinal) + 2;
        return
            start >= 2
            && PythonLiteral.TryParse(PythonStrings.Strip(text[start..]), out object? value)
            && value is List<KeyValuePair<object?, object?>> model
            ? model
            : throw new InputException($"{path} contains no \"P={{…}}\"; copy the file from jieba 0.42.1's finalseg folder again.");
    }

    static List<KeyValuePair<object?, object?>> Inner(List<KeyValuePair<object?, object?>> model, char state) =>
        model.FirstOrDefault(p => p.Key is string key && key == state.ToString()).Value as List<KeyValuePair<object?, object?>> ?? [];

    static double Probability(List<KeyValuePair<object?, object?>> model, char state) =>
        model.FirstOrDefault(p => p.Key is string key && key == state.ToString()).Value switch
        {
            double value => value,
            BigInteger whole => (double)whole,
            _ => Never,
        };

    static string Found(string path) =>
        File.Exists(path)
            ? path
            : throw new InputException($"{path} is missing; put the files of jieba 0.42.1 there (dict.txt and finalseg/prob_*.py).");
}
