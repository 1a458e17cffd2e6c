namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Where a text says what a question and its answer say, for showing it.</summary>
public sealed class SharedWords
{
    readonly HashSet<ulong> _wanted = [];

    /// <summary>Reads question and answer.</summary>
    public SharedWords(params IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            _wanted.UnionWith(EntityRecognizer.Keys(text));
        }
    }

    /// <summary>The stretches of a text that are shared, in order; neighbouring words are one stretch.</summary>
    public IReadOnlyList<Range> In(string text)
    {
        List<Range> shared = [];
        Span<char> form = stackalloc char[TermText.Most];
        bool before = false;
        foreach (TextWord word in TextWords.Of(text))
        {
            bool isShared = TermText.Write(text, word, form) is > 0 and int length && _wanted.Contains(TermHash.Of(form[..length]));
            if (isShared && before && word.Gap is WordGap.Space or WordGap.Hyphen)
            {
                shared[^1] = new(shared[^1].Start, word.End);
            }
            else if (isShared)
            {
                shared.Add(new(word.Start, word.End));
            }
            before = isShared;
        }
        return shared;
    }
}
