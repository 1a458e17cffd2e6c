using Farsight.Alignment.Corpus;
using Farsight.Alignment.Synthesis;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class QuestionPlanTests
{
    [Theory]
    [InlineData(QuestionSubject.Planted, "qq", "insert")]
    [InlineData(QuestionSubject.Planted, "q-", "insert")]
    [InlineData(QuestionSubject.Document, "qq", "own")]
    [InlineData(QuestionSubject.Document, "q-", "own, write")]
    [InlineData(QuestionSubject.Document, "--", "write")]
    [InlineData(null, "qq", "own")]
    [InlineData(null, "q-", "own, insert")]
    [InlineData(null, "--", "insert")]
    public void The_subject_and_the_documents_decide_where_questions_come_from(QuestionSubject? subject, string documents, string name)
    {
        QuestionPlan plan = QuestionPlan.Of(subject, Passages(documents), QuestionSource.Insert);

        Assert.Equal(name, plan.Name);
        Assert.Equal(
            name.Contains("own", StringComparison.Ordinal) && documents[0] == 'q' ? QuestionSource.Own : plan.Rest,
            plan.For(Passages(documents)[0]));
    }

    [Fact]
    public void If_only_known_answers_are_of_use_the_model_writes_no_questions_where_documents_have_some()
    {
        Assert.Equal("own", QuestionPlan.Of(QuestionSubject.Document, Passages("q-"), QuestionSource.Insert, needsAnswers: true).Name);
        Assert.Equal("write", QuestionPlan.Of(QuestionSubject.Document, Passages("--"), QuestionSource.Insert, needsAnswers: true).Name);
        Assert.Equal("own, insert", QuestionPlan.Of(null, Passages("q-"), QuestionSource.Insert, needsAnswers: true).Name);
    }

    /// <summary>One passage per character: "q" has a question.</summary>
    static Passage[] Passages(string documents) => [.. documents.Select(d => new Passage([], d == 'q' ? [new("Q?", "A.")] : []))];
}
