using System.Text;
using System.Text.RegularExpressions;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LongBench;

/// <summary>Cuts a text without spaces into words; the joined words equal the text.</summary>
interface IWordSegmenter
{
    /// <summary>Returns the words in order.</summary>
    IReadOnlyList<string> Cut(string text);
}

/// <summary>Finds Chinese words as jieba 0.42.1's <c>cut(text)</c> does.</summary>
/// <remarks>
/// In runs of Chinese characters, ASCII letters, digits and +#&amp;._%-, the most probable sequence of dictionary words is found from
/// right to left over all words that start at each character; a word's log-probability is log(frequency or 1) − log(total), and among
/// equals the longest first word wins. Remaining single characters that form no word together go through a hidden Markov model with
/// states begin, middle, end, single (Viterbi). Everything else comes out character by character.
/// </remarks>
sealed partial class JiebaSegmenter(JiebaWords dictionary) : IWordSegmenter
{
    static readonly string[] s_before = ["ES", "BM", "BM", "ES"]; // states that may precede B, E, M, S

    /// <inheritdoc/>
    public IReadOnlyList<string> Cut(string text)
    {
        List<string> words = [];
        int at = 0;
        foreach (Match block in Block().Matches(text))
        {
            AddCharacters(text.AsSpan(at, block.Index - at), words);
            CutBlock(block.Value, words);
            at = block.Index + block.Length;
        }
        AddCharacters(text.AsSpan(at), words);
        return words;
    }

    static void AddCharacters(ReadOnlySpan<char> text, List<string> words)
    {
        for (int i = 0; i < text.Length;)
        {
            int length = text[i..].StartsWith("\r\n") ? 2 : PythonCharacters.At(text, i).Utf16SequenceLength;
            words.Add(text.Slice(i, length).ToString());
            i += length;
        }
    }

    void CutBlock(string text, List<string> words)
    {
        int[] ends = BestRoute(text);
        StringBuilder singles = new();
        for (int i = 0; i < text.Length; i = ends[i])
        {
            if (ends[i] == i + 1)
            {
                singles.Append(text[i]);
                continue;
            }
            AddSingles(singles, words);
            words.Add(text[i..ends[i]]);
        }
        AddSingles(singles, words);
    }

    // [T] The end of the word that starts at each character on the most probable way to the end of the text.
    int[] BestRoute(string text)
    {
        double[] best = new double[text.Length + 1];
        int[] ends = new int[text.Length];
        for (int i = text.Length - 1; i >= 0; i--)
        {
            best[i] = double.NegativeInfinity;
            int length = 1;
            for (; i + length <= text.Length && dictionary.TryGetFrequency(text.AsSpan(i, length), out int frequency); length++)
            {
                if (frequency > 0)
                {
                    Offer(i, i + length, frequency);
                }
            }
            if (double.IsNegativeInfinity(best[i]))
            {
                Offer(i, i + 1, 1);
            }
        }
        return ends;

        void Offer(int from, int to, int frequency)
        {
            double value = Math.Log(frequency) - dictionary.LogTotal + best[to];
            if (value >= best[from])
            {
                (best[from], ends[from]) = (value, to);
            }
        }
    }

    void AddSingles(StringBuilder singles, List<string> words)
    {
        string text = singles.ToString();
        singles.Clear();
        if (text.Length == 1)
        {
            words.Add(text);
        }
        else if (dictionary.TryGetFrequency(text, out int frequency) && frequency > 0)
        {
            words.AddRange(text.Select(c => c.ToString()));
        }
        else
        {
            CutUnknown(text, words);
        }
    }

    void CutUnknown(string text, List<string> words)
    {
        foreach (Match run in Run().Matches(text))
        {
            if (run.Groups["han"].Success)
            {
                AddByStates(run.Value, words);
                continue;
            }
            int at = 0;
            foreach (Match latin in Latin().Matches(run.Value))
            {
                AddIfAny(run.Value[at..latin.Index], words);
                words.Add(latin.Value);
                at = latin.Index + latin.Length;
            }
            AddIfAny(run.Value[at..], words);
        }
    }

    static void AddIfAny(string text, List<string> words)
    {
        if (text.Length > 0)
        {
            words.Add(text);
        }
    }

    void AddByStates(string text, List<string> words)
    {
        int begin = 0;
        int next = 0;
        string states = MostProbableStates(text);
        for (int i = 0; i < text.Length; i++)
        {
            switch (states[i])
            {
                case 'B':
                    begin = i;
                    break;
                case 'E':
                    words.Add(text[begin..(i + 1)]);
                    next = i + 1;
                    break;
                case 'S':
                    words.Add(text[i].ToString());
                    next = i + 1;
                    break;
            }
        }
        AddIfAny(text[next..], words);
    }

    // Viterbi. On a tie the state with the greater letter wins, as Python compares (probability, letter).
    string MostProbableStates(string text)
    {
        const string States = JiebaWords.States;
        int[,] previous = new int[text.Length, States.Length];
        double[] values = [.. Enumerable.Range(0, States.Length).Select(s => dictionary.Start(s) + dictionary.Emission(s, text[0]))];
        for (int t = 1; t < text.Length; t++)
        {
            double[] next = new double[States.Length];
            for (int state = 0; state < States.Length; state++)
            {
                double emission = dictionary.Emission(state, text[t]);
                next[state] = double.NegativeInfinity;
                foreach (char letter in s_before[state])
                {
                    int from = States.IndexOf(letter);
                    double value = values[from] + dictionary.Transition(from, state) + emission;
                    if (value > next[state] || (value == next[state] && from > previous[t, state]))
                    {
                        (next[state], previous[t, state]) = (value, from);
                    }
                }
            }
            values = next;
        }
        int last = values[States.IndexOf('S')] >= values[States.IndexOf('E')] ? States.IndexOf('S') : States.IndexOf('E');
        char[] path = new char[text.Length];
        for (int t = text.Length - 1; t >= 0; last = previous[t--, last])
        {
            path[t] = States[last];
        }
        return new string(path);
    }

    [GeneratedRegex(@"[\u4E00-\u9FD5a-zA-Z0-9+#&._%-]+")]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<han>[\u4E00-\u9FD5]+)|[^\u4E00-\u9FD5]+")]
    private static partial Regex Run();

    [GeneratedRegex(@"[a-zA-Z0-9]+(?:\.[0-9]+)?%?")]
    private static partial Regex Latin();
}
