using Farsight.Alignment.Synthesis.Quality;
using Farsight.Workflows.Timing.Importance;

namespace Farsight.Tests.Alignment.Synthesis.Quality;

public sealed class ResponseFiltersTests
{
    static readonly string[] s_chunks =
    [
        "Mira Olsen kept the lighthouse of Ardmore from 12 March 1887 on.",
        "She had three lamps, 1,250 barrels of oil and a cat.",
    ];

    [Theory]
    [InlineData("", true)]
    [InlineData(" ... ", true)]
    [InlineData("42", false)]
    public void An_answer_has_at_least_a_word(string response, bool isFault) =>
        Assert.Equal(isFault, ShortResponse.Check(response) is not null);

    [Theory]
    [InlineData("He said no no no no no no no no no", "no")]
    [InlineData("The lamp was lit. The lamp was lit. The lamp was lit. The lamp was lit. The lamp", "the lamp was lit")]
    [InlineData("It is 777777777777777777777777777777777777777777777777", "7")]
    [InlineData("灯塔在海边灯塔在海边灯塔在海边灯塔在海边灯塔在海边灯塔在海边灯塔在海边灯塔在海边灯塔在海边", "灯塔在海边")]
    public void A_loop_at_the_end_is_found(string response, string period)
    {
        ResponseFault? fault = RepetitionLoop.Check(response);

        Assert.Equal("repetition_loop", fault?.Reason);
        Assert.Equal(period.Split(' ').Order(), fault!.Detail.Split(' ').Order()); // a loop may be told from any of its words on
    }

    [Fact]
    public void A_loop_in_the_middle_is_found_by_its_runs_of_words() =>
        Assert.Contains(
            "repeated",
            RepetitionLoop
                .Check(
                    string.Join(' ', Enumerable.Repeat("the old keeper went down to the harbour and waited,", 6))
                        + " until at last the ship came in and everybody cheered for a long while."
                )!
                .Detail,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("The special magic number for amber falcon is 71324.")]
    [InlineData("1. lamp\n2. lamp oil\n3. lamp glass\n4. lamp wick")]
    [InlineData("No, no, no, he said; it was not the lamp, not the oil, not the glass, and not the wick that failed.")]
    [InlineData(
        "The keeper of Ardmore wrote down the lamps in the ledger, and the keeper of the harbour wrote down the boats; when the winter "
            + "came, both compared what they had written, found that a boat was missing, and went to look for it along the shore."
    )]
    public void Ordinary_answers_are_no_loops(string response) => Assert.Null(RepetitionLoop.Check(response));

    [Theory]
    [InlineData("I'm sorry, but I can’t help with that.", true)]
    [InlineData("The provided text does not mention\nthe keeper's age.", true)]
    [InlineData("As an AI, I have no view.", true)]
    [InlineData("The keeper did not know the way.", false)]
    [InlineData("She said that she was sorry.", false)]
    public void Refusals_are_known_by_their_phrases(string response, bool isFault) =>
        Assert.Equal(isFault, Refusal.Check(response) is not null);

    [Theory]
    [InlineData("The lamp.", "the lamp", true)]
    [InlineData("The lamp.", "The lamps.", false)]
    public void A_rejected_response_must_differ_in_words(string chosen, string rejected, bool isFault) =>
        Assert.Equal(isFault, EqualResponses.Check(chosen, rejected) is not null);

    [Theory]
    [InlineData("Mira Olsen, from March 1887.", "")]
    [InlineData("Olsen had 1250 barrels and 3 lamps.", "")]
    [InlineData("Ada Brown had 1350 barrels.", "Ada Brown, 1350")]
    [InlineData("Mira Brown, from 13 March 1887", "Mira Brown, 13 March 1887")]
    [InlineData("Honey was in the barrels: 7 of them.", "")] // a capital at the beginning, a count
    [InlineData("She kept it for the U.S. Navy.", "U.S. Navy")]
    public void Names_and_numbers_must_stand_in_the_chunks(string response, string missing) =>
        Assert.Equal(missing, string.Join(", ", new Grounding([.. s_chunks, "Who kept it?"]).Missing(response)));

    [Theory]
    [InlineData("List three lamps.", "a red one, a green one and a blue one", false)]
    [InlineData("List three lamps.", "a red one and a green one", true)]
    [InlineData("Give me 2 reasons why it failed.", "1. Rain.\n2. Wind.", false)]
    [InlineData("Name the four towns.", "- A\n- B\n- C", true)]
    [InlineData("What was it? Answer in one word.", "lamp", false)]
    [InlineData("What was it? Answer in one word.", "It was a lamp", true)]
    [InlineData("Tell it in no more than 5 words.", "It was the lamp of Ardmore.", true)]
    [InlineData("Summarize in two sentences.", "It rained. He left.", false)]
    [InlineData("Summarize it in a single sentence.", "It rained. He left.", true)]
    [InlineData("Answer in JSON.", "```json\n{\"lamp\": 1}\n```", false)]
    [InlineData("Answer in JSON.", "The lamp is 1.", true)]
    [InlineData("Was it lit? Answer yes or no.", "No, it was dark.", false)]
    [InlineData("Was it lit? Answer yes or no.", "It was dark.", true)]
    [InlineData("How many lamps were there?", "There were twenty-one.", false)]
    [InlineData("How many lamps were there?", "There were lamps.", true)]
    [InlineData("Who kept the lamps?", "Mira Olsen", false)]
    public void An_answer_has_the_form_that_was_asked_for(string question, string response, bool isFault) =>
        Assert.Equal(isFault, UnfollowedInstruction.Check(question, response) is not null);

    [Fact]
    public void The_first_fault_is_told_and_a_rejected_response_may_be_wrong()
    {
        Assert.Null(ResponseFilters.OfChosen("Who kept it?", "Mira Olsen", s_chunks));
        Assert.Equal("chosen_not_grounded", ResponseFilters.OfChosen("Who kept it?", "It was Ada Brown.", s_chunks)?.Reason);
        Assert.Equal("refusal", ResponseFilters.OfChosen("How many?", "I cannot say.", s_chunks)?.Reason);
        Assert.Null(ResponseFilters.OfRejected("Mira Olsen", "It was Ada Brown."));
        Assert.Equal("chosen_equals_rejected", ResponseFilters.OfRejected("Mira Olsen", "mira olsen.")?.Reason);
    }

    [Fact]
    public void Error_patterns_are_counted()
    {
        Grounding known = new([.. s_chunks, "How many lamps?"]);
        ErrorPatterns patterns = ErrorPatterns
            .None.With("How many lamps?", "three", known)
            .With("How many lamps?", "Some, says Ada Brown.", known)
            .With("How many lamps?", "I cannot say.", known);

        Assert.Equal(new ErrorPatterns(3, 2, 1), patterns);
    }

    [SharedFact("evaldata/ruler/squad_dev_plus_test_contexts.json.gz")]
    [Trait("Category", "Golden")]
    public void Answers_of_squad_are_grounded_in_their_paragraph_and_mostly_not_in_another()
    {
        int asked = 0, flagged = 0, elsewhere = 0, elsewhereFlagged = 0;
        foreach (RankCase article in RankSets.Squad(SharedMaterial.PathOf("evaldata/ruler/squad_dev_plus_test_contexts.json.gz")))
        {
            foreach (RankQuestion q in article.Questions.Where(q => q.Answer.Any(c => char.IsDigit(c) || char.IsUpper(c))))
            {
                asked++;
                flagged +=
                    ResponseFilters.OfChosen(q.Question, $"It was {q.Answer}", [article.Chunks[q.Gold[0]]])?.Reason == Grounding.Reason
                        ? 1
                        : 0;
                string other = article.Chunks[(q.Gold[0] + 1) % article.Chunks.Count];
                if (!other.Contains(q.Answer, StringComparison.OrdinalIgnoreCase))
                {
                    elsewhere++;
                    elsewhereFlagged += new Grounding(other, q.Question).Check($"It was {q.Answer}") is not null ? 1 : 0;
                }
            }
        }
        Assert.InRange(asked, 1000, 2910);
        Assert.True(flagged <= 0.01 * asked, $"{flagged} of {asked}");
        Assert.True(elsewhereFlagged >= 0.7 * elsewhere, $"{elsewhereFlagged} of {elsewhere}");
    }
}
