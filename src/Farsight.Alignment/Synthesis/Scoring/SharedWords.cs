namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Finds the spans of a text that share words with a question and its answer, for display.</summary>
sealed class SharedWords
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

    /// <summary>Returns the shared spans of a text in order; adjacent words form one span.</summary>
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
