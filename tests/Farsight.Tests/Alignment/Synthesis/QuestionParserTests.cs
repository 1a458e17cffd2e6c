using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class QuestionParserTests
{
    [Theory]
    [InlineData("Question: Who lit the lamp of Ardmore?\nAnswer: The keeper.", "Who lit the lamp of Ardmore?", "The keeper.")]
    [InlineData(
        "Sure!\n\n**Question:** Who lit the lamp\nof Ardmore?\n\n**Answer:** The  keeper.\n",
        "Who lit the lamp of Ardmore?",
        "The keeper."
    )]
    [InlineData(
        "1. question 1: \"Who lit the lamp of Ardmore?\"\n   ANSWER: The keeper.\n2. Question 2: Why?\nAnswer: So.",
        "Who lit the lamp of Ardmore?",
        "The keeper."
    )]
    [InlineData(
        "> Question: How high above the sea is Ardmore?\n> Answer: 40: as high as a mast.",
        "How high above the sea is Ardmore?",
        "40: as high as a mast."
    )]
    public void Question_and_answer_are_found_in_what_models_write(string text, string question, string answer) =>
        Assert.Equal(new WrittenQuestion(question, answer, null), QuestionParser.Read(text, QuestionOrigin.SingleDetail));

    [Theory]
    [InlineData("I'm sorry, I cannot do that.", "question_unparsed")]
    [InlineData("Question: Who lit the lamp of Ardmore?", "question_unparsed")]
    [InlineData("Question: Who lit the lamp of Ardmore?\nAnswer: ", "question_unanswered")]
    [InlineData("Question: Who did?\nAnswer: He.", "question_too_short")]
    [InlineData("Question: Tell who lit the lamp of Ardmore.\nAnswer: He.", "question_is_none")]
    [InlineData("Question: What does the above passage say about lamps?\nAnswer: Much.", "question_speaks_of_the_text")]
    [InlineData("Question: According to the author, who lit the lamp?\nAnswer: He.", "question_speaks_of_the_text")]
    public void What_cannot_be_used_is_named(string text, string fault) =>
        Assert.Equal(fault, QuestionParser.Read(text, QuestionOrigin.SingleDetail).Fault);

    [Fact]
    public void A_summary_may_be_asked_for_without_a_question_mark() =>
        Assert.Null(
            QuestionParser.Read("Question: Sum up how the keeper of Ardmore lost his lamp.\nAnswer: He fell.", QuestionOrigin.Summary).Fault
        );

    [Theory]
    [InlineData("It was Paris.", "Paris", true)]
    [InlineData("The keeper counted 1,204 lamps.", "1204", true)]
    [InlineData("The keeper of the harbour counted twelve lamps", "The keeper of a harbour counted twelve lamps.", true)]
    [InlineData(
        "The old keeper counted 12 lamps in the harbour that night.",
        "The keeper counted 12 lamps in the harbour that night.",
        true
    )]
    [InlineData("The keeper counted 13 lamps in the harbour that night.", "The keeper counted 12 lamps in the harbour that night.", false)]
    [InlineData("Nobody knows.", "Paris", false)]
    [InlineData("", "Paris", false)]
    public void Answers_agree_by_their_words_and_numbers(string answer, string gold, bool agree) =>
        Assert.Equal(agree, AnswerAgreement.Agrees(answer, gold));
}
