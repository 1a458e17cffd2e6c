using Farsight.Alignment.Fiction;

namespace Farsight.Tests.Alignment.Fiction;

public sealed class FictionQueryTests
{
    static readonly FictionDocument s_document = FictionWriter.Write(11, 2, 6000);

    [Fact]
    public void A_pair_asks_for_two_things_and_tells_neither()
    {
        FictionQuery[] pairs = [.. FictionQuery.Of(s_document, FictionQueryKind.Pair, 11, 2)];

        Assert.Equal(s_document.Questions.Count, pairs.Length);
        Assert.All(pairs, p =>
        {
            Assert.NotEqual(p.Facts[0].Subject, p.Facts[1].Subject);
            Assert.All(p.Facts, f => Assert.DoesNotContain(f.Value, p.Question));
            Assert.Equal($"{p.Facts[0].Answer} {p.Facts[1].Answer}", p.Answer);
        });
        Assert.NotEqual(pairs.Select(p => p.Facts[1]), FictionQuery.Of(s_document, FictionQueryKind.Pair, 12, 2).Select(p => p.Facts[1]));
    }

    [Fact]
    public void A_summary_holds_every_fact_about_its_subject()
    {
        FictionQuery[] summaries = [.. FictionQuery.Of(s_document, FictionQueryKind.Summary, 11, 2)];

        Assert.InRange(summaries.Length, 10, s_document.Questions.Count / 2);
        Assert.All(summaries, s => Assert.Equal(s_document.Questions.Where(q => q.Subject == s.Facts[0].Subject), s.Facts));
        Assert.All(summaries, s => Assert.Equal($"What does the text say about {s.Facts[0].Subject}?", s.Question));
    }

    [Fact]
    public void The_subject_stands_in_question_answer_and_support() => Assert.All(s_document.Questions, q =>
        Assert.All([q.Question, q.Answer, q.Support], text => Assert.Contains(q.Subject, text, StringComparison.OrdinalIgnoreCase)));

    [Fact]
    public void A_summary_of_one_fact_is_none() => Assert.Throws<ArgumentException>(() => FictionQuery.Summary([s_document.Questions[0]]));
}
