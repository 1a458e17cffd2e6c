using System.Text.Json;
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
        Assert.Equal(expected?.Split('|', StringSplitOptions.RemoveEmptyEntries), EntityList.Parse(answer));

    [Fact]
    public void A_model_that_lists_entities_scores_as_the_count()
    {
        using ScriptedChat client = new(prompt => JsonSerializer.Serialize(EntityRecognizer.Entities(Between(prompt))));
        string[] chunks = ["Mira Olsen lit the lamp.", "Rain fell."];

        Assert.Equal(
            [5, 0],
            new ModelEntities(client)
                .Read(chunks, CancellationToken.None)
                .Scores("Which lamp did Mira Olsen light?", "lit", CancellationToken.None));
        Assert.Equal(3, client.Asked);
    }

    [Fact]
    public void An_answer_without_a_list_is_counted_and_the_recognizer_steps_in()
    {
        using ScriptedChat client = new(_ => "no");
        ModelEntities scorer = new(client);

        Assert.Equal([1, 0], scorer.Read(["The lamp.", "Rain fell."], CancellationToken.None).Scores("lamps?", "", CancellationToken.None));
        Assert.Equal(3, scorer.Unreadable);
    }

    static string Between(string prompt) => prompt.Split("-----\n")[1].Split("\n-----")[0];
}
