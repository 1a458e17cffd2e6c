namespace Farsight.Alignment.Fiction;

/// <summary>Writes facts as sentences and collects the question about each.</summary>
sealed class FictionFacts(FictionVoice voice)
{
    const int MostTries = 40;

    readonly List<FictionQuestion> _told = [];

    /// <summary>Gets all facts stated so far.</summary>
    public IReadOnlyList<FictionQuestion> Told => _told;

    /// <summary>Returns a sentence that states the next unstated fact of an entity; empty if none is left.</summary>
    public string Tell(FictionEntity entity, int chapter) => Tell(entity, chapter, plainly: false);

    /// <summary>Returns the same sentence without its source.</summary>
    public string TellPlainly(FictionEntity entity, int chapter) => Tell(entity, chapter, plainly: true);

    string Tell(FictionEntity entity, int chapter, bool plainly)
    {
        if (entity.Untold.Count == 0)
        {
            return "";
        }
        entity.Bind(voice, entity.Kind);
        string fact = entity.Untold.Dequeue();
        string rule = $"{entity.Kind}.{fact}", value = entity.Attributes[fact];
        for (int i = 0; i < MostTries; i++)
        {
            string clause = voice.Phrase(voice.Draw(rule + ".c"));
            string support = FictionVoice.Finish($"{(plainly ? "" : Before())}{clause}{After(rule)}.");
            if (Times(support, value) == 1 && Times(clause, value) == 1 && !voice.Repeats(support))
            {
                voice.Remember(support);
                string question = FictionVoice.Finish(voice.Phrase(voice.Draw(rule + ".q")));
                _told.Add(new(question, FictionVoice.Finish(clause + "."), value, support, chapter, entity.Name));
                return support;
            }
        }
        return "";
    }

    string Before() => voice.Random.Next(5) < 2 ? voice.Phrase("<pre>") + " " : "";

    string After(string rule) => voice.Random.Next(4) > 0 ? voice.Phrase($"<{rule}.p>") : "";

    static int Times(string text, string part)
    {
        int times = 0;
        for (int i = text.IndexOf(part, StringComparison.Ordinal); i >= 0; i = text.IndexOf(part, i + 1, StringComparison.Ordinal))
        {
            times++;
        }
        return times;
    }
}
