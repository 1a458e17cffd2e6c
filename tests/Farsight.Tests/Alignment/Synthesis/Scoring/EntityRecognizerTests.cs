using Farsight.Alignment.Synthesis.Scoring;

namespace Farsight.Tests.Alignment.Synthesis.Scoring;

public sealed class EntityRecognizerTests
{
    [Theory]
    [InlineData("He met Mira Olsen at the Bank of England.", "Name:Mira Olsen|Name:Bank of England")]
    [InlineData("Yesterday St. Mary's bells rang, and Rolls-Royce cars passed.", "Name:St. Mary|Name:Rolls-Royce")]
    [InlineData("Quickly, Ada left. Walking helped.", "Name:Ada")] // a capital at the start alone is no sign
    [InlineData("The U.S. and NASA sent Apollo 11 on 16 July 1969.", "Acronym:U.S.|Acronym:NASA|Name:Apollo 11|Date:16 July 1969")]
    [InlineData("On March 3rd, 2020 he paid 1,234.50; on 2021-01-09 more.", "Date:March 3rd, 2020|Number:1,234.50|Date:2021-01-09")]
    [InlineData("Smith & Wesson met Maria del Carmen.", "Name:Smith & Wesson|Name:Maria del Carmen")]
    [InlineData("Zürich’s lake", "Name:Zürich")]
    [InlineData("", "")]
    public void Names_numbers_and_dates_stand_where_they_say(string text, string expected)
    {
        IEnumerable<EntitySpan> spans = EntityRecognizer.Spans(text).Where(s => s.Kind != EntityKind.Word);

        Assert.Equal(expected, string.Join('|', spans.Select(s => $"{s.Kind}:{text[s.Start..s.End]}")));
    }

    [Theory]
    [InlineData("The keepers of the keeper's glasses", "keeper|glass")]
    [InlineData("invented inventing invention inventions", "invent")]
    [InlineData("cities of the city", "city")]
    [InlineData("US ships brought us the 1,000 things", "us|ship|brought|1000|thing")]
    [InlineData("Mira\nOlsen and MIRA OLSEN", "mira|olsen|mira olsen")]
    [InlineData("isn't it the very same?", "")]
    public void Forms_of_a_word_are_one_entity(string text, string expected) =>
        Assert.Equal(
            expected.Split('|', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            EntityRecognizer.Entities(text).Order(StringComparer.Ordinal));

    [Fact]
    public void Keys_are_the_hashes_of_entities()
    {
        const string Text = "NASA and the U.S. met Mira Olsen's keepers on 12 March 1887, at 10.5.";

        Assert.Equal(EntityRecognizer.Entities(Text).Select(e => TermHash.Of(e)).Order(), EntityRecognizer.Keys(Text).Order());
    }

    [Fact]
    public void Strange_texts_are_read_to_their_end()
    {
        string[] strange =
        [
            new('x', 5000),
            new('A', 300),
            "1.1.1.1",
            "'''",
            "a'",
            "A.B",
            "A.",
            "\ud83d\ude00 Emoji",
            "e\u0301tude",
            string.Join(' ', Enumerable.Repeat("Name", 500)),
            "1," + new string('2', 400),
        ];
        Assert.All(strange, text => Assert.All(EntityRecognizer.Spans(text), s => Assert.InRange(s.End, s.Start + 1, text.Length)));
        Assert.All(
            strange,
            text => Assert.Equal(EntityRecognizer.Entities(text).Select(e => TermHash.Of(e)).Order(), EntityRecognizer.Keys(text).Order()));
    }
}
