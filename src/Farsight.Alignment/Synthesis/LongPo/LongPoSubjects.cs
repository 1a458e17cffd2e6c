using Farsight.Alignment.Corpus;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.LongPo;

/// <summary>Assigns a subject to each sample number, in rounds over all documents with a limited number of chunks of each.</summary>
sealed class LongPoSubjects(IReadOnlyList<LongDocument> documents, QuestionPlan plan, LongPoSettings settings)
{
    readonly Lock _lock = new();
    readonly int _count = documents.Sum(d => CountOf(d, plan, settings));
    (int Number, LongPoSubject[] Subjects) _round = (-1, []);

    /// <summary>Subjects per round.</summary>
    internal int Count => _count;

    /// <summary>Draws the subject of a try: first the sample number's own, later any of its round.</summary>
    internal LongPoSubject Draw(SampleTry at)
    {
        LongPoSubject[] round = Round(at.Number / _count);
        SeededRandom random = at.Random(settings.Seed, "synth longpo/subject");
        return round[at.Try == 0 ? at.Number % _count : random.Next(_count)];
    }

    LongPoSubject[] Round(int number)
    {
        lock (_lock)
        {
            if (_round.Number != number)
            {
                SeededRandom random = SeededRandom.For(settings.Seed, "synth longpo/round", number);
                List<LongPoSubject> subjects = [];
                foreach (LongDocument document in documents)
                {
                    subjects.AddRange(Of(document, ref random));
                }
                LongPoSubject[] all = [.. subjects];
                random.Shuffle<LongPoSubject>(all);
                _round = (number, all);
            }
            return _round.Subjects;
        }
    }

    static int CountOf(LongDocument document, QuestionPlan plan, LongPoSettings settings) =>
        plan.For(document.Passage) == QuestionSource.Own
            ? document.Passage.Questions.Count / settings.Turns
            : Math.Min(document.Askable.Length, settings.ChunksPerDocument) / settings.Turns;

    LongPoSubject[] Of(LongDocument document, ref SeededRandom random)
    {
        if (plan.For(document.Passage) == QuestionSource.Own)
        {
            QuestionAnswer[] questions = [.. document.Passage.Questions];
            random.Shuffle<QuestionAnswer>(questions);
            return
            [
                .. questions.Chunk(settings.Turns).Where(q => q.Length == settings.Turns).Select(q => new LongPoSubject(document, [], q)),
            ];
        }
        int[] chunks = [.. document.Askable];
        random.Shuffle<int>(chunks);
        return
        [
            .. chunks
                .Take(settings.ChunksPerDocument)
                .Chunk(settings.Turns)
                .Where(c => c.Length == settings.Turns)
                .Select(c => new LongPoSubject(document, c, [])),
        ];
    }
}
