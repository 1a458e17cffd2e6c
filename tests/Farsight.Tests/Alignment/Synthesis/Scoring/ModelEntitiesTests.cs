using System.Diagnostics;
using System.Text.Json;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Synthesis.Scoring;

namespace Farsight.Tests.Alignment.Synthesis.Scoring;

public sealed class ModelEntitiesTests
{
    [Theory]
    [InlineData("""["Mira Olsen", "Ardmore", 12]""", "Mira Olsen|Ardmore|12")]
    [InlineData("Sure! Here they are:\n```json\n{\"entities\": [\"Ada\", \"ship\",]}\n```\nAnything [else]?", "Ada|ship")]
    [InlineData("""[{"text": "Ada", "type": "person"}, {"text": "ship"}]""", "Ada|ship")]
    [InlineData("1. Mira Olsen\n2) **Ardmore**\n- \"lamp\"\n* oil", "Mira Olsen|Ardmore|lamp|oil")]
    [InlineData("[see above] [\"Ada\"]", "Ada")]
    [InlineData("[]", "")]
    [InlineData("I cannot help with that.", null)]
    [InlineData("[\"Ada\", \"sh", null)]
    public void Lists_are_read_as_models_write_them(string answer, string? expected) =>
        Assert.Equal(expected?.Split('|', StringSplitOptions.RemoveEmptyEntries), EntityList.Parse(answer, CancellationToken.None));

    [Theory]
    [InlineData("[x] "), InlineData("["), InlineData("[\"a\" "), InlineData("[[1,"), InlineData("[//"), InlineData("[1,2] x: [")]
    public void An_answer_full_of_brackets_is_read_in_one_pass(string part)
    {
        string answer = string.Concat(Enumerable.Repeat(part, 200_000));
        Stopwatch watch = Stopwatch.StartNew();

        _ = EntityList.Parse(answer, CancellationToken.None);

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60); // trying every pair of brackets takes hours
    }

    [Fact]
    public void Reading_a_list_can_be_cancelled() => Assert.Throws<OperationCanceledException>(
        () => EntityList.Parse("[x] [\"a\"]", new CancellationToken(canceled: true)));

    [Fact]
    public void A_model_that_lists_entities_scores_as_the_count()
    {
        using ScriptedChat client = new(prompt => JsonSerializer.Serialize(EntityRecognizer.Entities(Between(prompt))));
        string[] chunks = ["Mira Olsen lit the lamp.", "Rain fell."];

        Assert.Equal(
            [5, 0],
            new ModelEntities(client.AsLanguageModel("scripted"))
                .Read(chunks, CancellationToken.None)
                .Scores("Which lamp did Mira Olsen light?", "lit", CancellationToken.None));
        Assert.Equal(3, client.Asked);
    }

    [Fact]
    public void Without_a_list_in_an_answer_the_recogniser_steps_in_and_the_scores_tell_so()
    {
        foreach (Func<string, string> answer in new Func<string, string>[]
        {
            _ => "no", _ => throw new UnusableAnswerException("only reasoning"),
        })
        {
            using ScriptedChat client = new(answer);
            IChunkScores read = new ModelEntities(client.AsLanguageModel("m")).Read(["The lamp.", "Rain fell."], CancellationToken.None);

            Assert.Equal([1, 0], read.Scores("lamps?", "", CancellationToken.None));
            Assert.True(read.UsesRules("lamps?", ""));
        }
    }

    [Fact]
    public void Scores_tell_which_question_has_no_list()
    {
        using ScriptedChat client = new(p => p.Contains("rain", StringComparison.Ordinal) ? "no" : """["lamp"]""");
        IChunkScores read = new ModelEntities(client.AsLanguageModel("m")).Read(["The lamp."], CancellationToken.None);

        _ = read.Scores("lamps?", "", CancellationToken.None);
        _ = read.Scores("rain?", "", CancellationToken.None);

        Assert.Equal((false, true), (read.UsesRules("lamps?", ""), read.UsesRules("rain?", "")));
    }

    static string Between(string prompt) => prompt.Split("-----\n")[1].Split("\n-----")[0];
}
