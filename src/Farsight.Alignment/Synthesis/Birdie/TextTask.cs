using System.Globalization;
using System.Text;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Birdie;

/// <summary>Represents a text with a question about it and the answer, all made of the words of one text.</summary>
/// <remarks>
/// Source: Birdie, arXiv:2411.01030. Differences: spans are whole words instead of tokens, so that no marker changes how a word is
/// tokenized; every text is read before its task and causally, without the bidirectional prefix of the paper; white space becomes a single
/// space; the end token is the done mark.
/// </remarks>
/// <param name="Text">The text that the model reads.</param>
/// <param name="Question">The instruction.</param>
/// <param name="Answer">The expected answer.</param>
sealed record TextTask(string Text, string Question, string Answer)
{
    const int MostBlanks = 20, LeastWords = 24, Delimiter = 3, LeastCopied = 8, MostCopied = 16;
    const double ReadShare = 0.75;

    /// <summary>Makes a task, or names the reason why the text does not fit it.</summary>
    internal static (TextTask? Task, string? Dropped) Of(BirdieTask task, string[] words, BirdieOptions options, ref SeededRandom random) =>
        words.Length < LeastWords ? (null, DropReason.TextTooShort)
        : task switch
        {
            BirdieTask.Infilling => Infill(words, options.Corruption, options.Span, ref random),
            BirdieTask.SelectiveCopying => Select(words, options.Copies, ref random),
            BirdieTask.Copying => (new(Join(words), "Copy the text word for word.", Join(words)), null),
            BirdieTask.Deshuffling => (
                new(Join(Shuffled(words, ref random)), "The words of the text are shuffled. Write them in their right order.", Join(words)),
                null),
            _ => (Continue(words, (int)(ReadShare * words.Length)), null),
        };

    static TextTask Continue(string[] words, int read) => new(Join(words[..read]), "Continue the text.", Join(words[read..]));

    /// <summary>Returns the mark of a blank: "&lt;blank 3>".</summary>
    static string Mark(int number) => string.Create(CultureInfo.InvariantCulture, $"<blank {number}>");

    /// <summary>Replaces spans with numbered blanks. Lengths are uniform around their mean, and no two blanks touch.</summary>
    static (TextTask?, string?) Infill(string[] words, double corruption, int span, ref SeededRandom random)
    {
        if (words.Any(w => w.Contains("<blank", StringComparison.Ordinal)))
        {
            return (null, DropReason.MarkerInText);
        }
        int wanted = (int)(corruption * words.Length), count = Math.Clamp(wanted / span, 1, MostBlanks);
        int[] lengths = new int[count];
        for (int i = 0; i < count; i++)
        {
            lengths[i] = 1 + random.Next(2 * span - 1);
        }
        int free = words.Length - lengths.Sum() - (count - 1); // one word between two blanks
        if (free < 0)
        {
            return (null, DropReason.TextTooShort);
        }
        int[] gaps = new int[count];
        for (int i = 0; i < count; i++)
        {
            gaps[i] = random.Next(free + 1);
        }
        Array.Sort(gaps);
        StringBuilder answer = new();
        List<string> text = [];
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            int start = gaps[i] + lengths[..i].Sum() + i;
            text.AddRange(words[at..start]);
            text.Add(Mark(i + 1));
            at = start + lengths[i];
            answer.Append(i == 0 ? "" : " ").Append(Mark(i + 1)).Append(' ').Append(Join(words[start..at]));
        }
        text.AddRange(words[at..]);
        return (new(
            Join(text), $"Each blank stands for words. Write every blank followed by its words, beginning with {Mark(1)}.",
            answer.ToString()), null);
    }

    /// <summary>Asks for spans by the words around them, in random order.</summary>
    static (TextTask?, string?) Select(string[] words, int copies, ref SeededRandom random)
    {
        string text = Join(words);
        List<(string Start, string End, string Copied)> spans = [];
        for (int i = 0; i < 4 * copies && spans.Count < copies; i++)
        {
            int length = random.Next(LeastCopied, MostCopied + 1), first = random.Next(words.Length);
            int end = first + Delimiter + length;
            if (end + Delimiter > words.Length)
            {
                continue;
            }
            (string Start, string End, string Copied) span = (
                Join(words[first..(first + Delimiter)]), Join(words[end..(end + Delimiter)]), Join(words[(first + Delimiter)..end]));
            // A start or an end that occurs twice would leave open what is asked for.
            if (Occurs(text, span.Start) == 1 && Occurs(text, span.End) == 1 && !spans.Contains(span))
            {
                spans.Add(span);
            }
        }
        return spans.Count == 0
            ? (null, DropReason.DelimiterRepeated)
            : (new(
                text,
                "Copy what stands between each start and its end, one line for each."
                    + string.Concat(spans.Select(s => $"\nstart: {s.Start} | end: {s.End}")),
                string.Join('\n', spans.Select(s => s.Copied))), null);
    }

    static string[] Shuffled(string[] words, ref SeededRandom random)
    {
        string[] shuffled = [.. words];
        random.Shuffle<string>(shuffled);
        return shuffled;
    }

    static int Occurs(string text, string part)
    {
        int count = 0;
        for (int at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            count++;
        }
        return count;
    }

    static string Join(IEnumerable<string> words) => string.Join(' ', words);
}
