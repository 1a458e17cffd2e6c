using System.Text;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Corpus.Formats.Pdf;
using Farsight.Engine;
using static Farsight.Tests.Alignment.Corpus.Formats.PdfBytes;

namespace Farsight.Tests.Alignment.Corpus.Formats;

public sealed class PdfReaderTests
{
    static readonly string[] s_left =
        ["the old harbour light was", "lit each night by a keeper", "who had no clock and no", "lamp of his own"];

    static readonly string[] s_right =
        ["until the council bought", "the first lens from a firm", "in Paris and paid for it", "with borrowed money."];

    [Fact]
    public void Columns_are_read_one_after_the_other_although_their_lines_share_baselines()
    {
        string page = string.Concat(Enumerable.Range(0, s_left.Length)
            .Select(i => Line(60, 700 - (14 * i), s_left[i]) + Line(300, 700 - (14 * i), s_right[i])));

        Assert.Equal($"{string.Join(' ', s_left)} {string.Join(' ', s_right)}", TextOf(page));
    }

    [Fact]
    public void A_heading_above_two_columns_and_a_line_below_them_are_read_first_and_last()
    {
        string page = Line(60, 740, "Minutes") + Lines(60, 700, s_left) + Lines(300, 700, s_right) + Line(60, 600, "The end.");

        string text = TextOf(page);

        Assert.StartsWith("Minutes\n", text, StringComparison.Ordinal);
        Assert.EndsWith("money.\n\nThe end.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_rows_of_a_table_are_lines_with_cells_separated_by_tabs()
    {
        string[][] rows = [["Port", "Ships"], ["Orrin", "12"], ["Kelda Bay", "7"]];
        string page = string.Concat(rows.Select((r, i) => Line(60, 700 - (16 * i), r[0]) + Line(200, 700 - (16 * i), r[1])));

        Assert.Equal("Port\tShips\nOrrin\t12\nKelda Bay\t7", TextOf(page));
    }

    [Fact]
    public void The_lines_of_a_cell_between_rules_are_joined()
    {
        string page = Line(60, 730, "Name") + Line(200, 730, "Duty") + Line(60, 710, "Keeper") + Line(200, 710, "lights the lamp")
            + Line(200, 696, "every evening") + Line(60, 676, "Boy") + Line(200, 676, "carries oil")
            + string.Concat(new[] { 742, 724, 690, 670 }.Select(y => $"60 {y} m 450 {y} l S\n"));

        Assert.Equal("Name\tDuty\nKeeper\tlights the lamp every evening\nBoy\tcarries oil", TextOf(page));
    }

    [Fact]
    public void Paragraphs_begin_where_a_line_is_indented_and_lines_of_a_list_stay_apart()
    {
        string page = Line(90, 700, "The keeper of the light wrote one page every evening and")
            + Lines(72, 686, "noted the wind and the oil and the ships, and if nothing", "happened he noted that as well.")
            + Line(90, 658, "In the third winter a schooner stood off the reef, waiting")
            + Lines(72, 644, "for a pilot.")
            + Lines(72, 610, "1. a lamp", "2. a coat");

        Assert.Equal(
            "The keeper of the light wrote one page every evening and noted the wind and the oil and the ships, and if nothing happened he "
                + "noted that as well.\n\nIn the third winter a schooner stood off the reef, waiting for a pilot.\n\n1. a lamp\n2. a coat",
            TextOf(page));
    }

    [Theory]
    [InlineData("the light-", "house", "", "the lighthouse")]
    [InlineData("a second tide-", "powered pump", "The tide-powered mill.", "a second tide-powered pump")]
    [InlineData("made of pre-", "and postwar bolts", "", "made of pre- and postwar bolts")]
    [InlineData("up the twenty-", "one steps", "", "up the twenty-one steps")]
    [InlineData("the Anglo-", "Saxon mill", "", "the Anglo-Saxon mill")]
    [InlineData("in 1990-", "95 only", "", "in 1990-95 only")]
    [InlineData("the state-of-the-", "art lamp", "", "the state-of-the-art lamp")]
    [InlineData("the refrac\u00AD", "tor", "", "the refractor")]
    [InlineData("the sea —", "and the wind", "", "the sea — and the wind")]
    [InlineData("a state-", "of-the-art mill", "", "a state-of-the-art mill")]
    [InlineData("an up-", "to-date mill", "", "an up-to-date mill")]
    [InlineData("the X-", "ray machine", "", "the X-ray machine")]
    [InlineData("by e-", "mail", "", "by e-mail")]
    public void A_hyphen_at_a_line_end_stays_where_the_word_has_it(string first, string second, string elsewhere, string expected)
    {
        StringBuilder text = new();
        LineJoiner joiner = new([first, second, elsewhere]);

        joiner.Append(text, first);
        joiner.Append(text, second);

        Assert.Equal(expected, text.ToString());
    }

    [Fact]
    public void Running_heads_and_page_numbers_vanish_and_sentences_continue_on_the_next_page()
    {
        PdfBytes file = new();
        for (int i = 0; i < 4; i++)
        {
            file.Page(Line(72, 800, i % 2 == 0 ? "The Keeper" : "A Northern Tale", 9) + Line(290, 40, $"- {i + 7} -", 9)
                + Lines(72, 700, $"Page {"ABCD"[i]} has a sentence that goes on", "and on the following page it goes"));
        }

        Assert.Equal(
            string.Join(' ', "ABCD".Select(c => $"Page {c} has a sentence that goes on and on the following page it goes")),
            Read(file).Text);
    }

    [Fact]
    public void Numbered_headings_at_the_top_of_each_page_stay()
    {
        PdfBytes file = new();
        for (int i = 0; i < 3; i++)
        {
            file.Page(Line(72, 760, $"Letter {i + 1}") + Lines(72, 730, $"Text {"ABC"[i]} of the letter, which has", "no end here."));
        }

        string text = Read(file).Text;

        Assert.All(new[] { "Letter 1", "Letter 2", "Letter 3" }, l => Assert.Contains(l, text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_footnote_follows_the_sentence_that_continues_on_the_next_page()
    {
        PdfBytes file = new PdfBytes()
            .Page(Lines(72, 700, "He had no licence and no map, but he had watched the") + Line(72, 100, "1 Licences were sold.", 8))
            .Page(Line(72, 700, "water for years.") + Line(72, 650, "Then he left."));

        Assert.Equal(
            "He had no licence and no map, but he had watched the water for years.\n\n1 Licences were sold.\n\nThen he left.",
            Read(file).Text);
    }

    [Theory]
    [InlineData(90, "0 1 -1 0 595 0 cm\n")]
    [InlineData(180, "-1 0 0 -1 595 842 cm\n")]
    [InlineData(270, "0 -1 1 0 0 842 cm\n")]
    public void A_turned_page_is_read_upright(int degrees, string matrix)
    {
        PdfBytes file = new PdfBytes().Page(
            matrix + Lines(72, 400, "This page lies on its side.", "A reader turns it."), $"/Rotate {degrees}");

        Assert.Equal("This page lies on its side. A reader turns it.", Read(file).Text.Replace('\n', ' '));
    }

    [Fact]
    public void Text_drawn_twice_is_kept_once_and_spaces_come_from_the_places_of_letters()
    {
        string page = Line(72, 700, "Harbour notice") + Line(72.4, 700, "Harbour notice")
            + "BT /F1 11 Tf 72 670 Td [(The)-278(pier)-278(is)-278(closed)] TJ ET\n";

        Assert.Equal("Harbour notice\n\nThe pier is closed", TextOf(page));
    }

    [Fact]
    public void Words_that_are_set_wide_are_not_torn_apart() =>
        Assert.Equal("CHAPTER ONE BEGINS", TextOf("BT /F1 14 Tf 3 Tc 72 700 Td (CHAPTER ONE BEGINS) Tj ET\n"));

    [Fact]
    public void The_beginning_of_each_page_is_marked()
    {
        FormattedText text = Read(new PdfBytes().Page(Lines(72, 700, "First page.")).Page("").Page(Lines(72, 700, "Third page.")));

        Assert.Equal("First page.\n\nThird page.", text.Text);
        Assert.Equal([new TextMark(0, "page 1"), new TextMark(text.Text.IndexOf("Third", StringComparison.Ordinal), "page 3")], text.Marks);
    }

    [Fact]
    public void A_page_with_an_image_only_is_named_and_the_others_are_read()
    {
        const string Image = "BI /W 1 /H 1 /BPC 8 /CS /G ID x EI\n";

        FormattedText text = Read(new PdfBytes().Page(Lines(72, 700, "First page.")).Page(Image));

        Assert.Equal("First page.", text.Text);
        Assert.Equal(["page 2 has no text (scanned image)"], text.Warnings);
        Assert.Equal("the file has no text: page 1 has no text (scanned image)", Refusal(new PdfBytes().Page(Image).Write()));
    }

    [Fact]
    public void An_empty_file_and_a_file_of_another_kind_are_refused()
    {
        Assert.Equal("the file is empty (0 bytes)", Refusal([]));
        Assert.Equal("the file is not a PDF: it has no %PDF- header", Refusal("<html>Not found</html>"u8.ToArray()));
        Assert.StartsWith("the file is damaged", Refusal("%PDF-1.4\nnothing follows"u8.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Accents_that_are_drawn_over_letters_are_combined_with_them_and_ligatures_become_letters()
    {
        PdfGlyph[] glyphs =
        [
            new("\u00B4", 11, 15, 100, 10), new("e", 10, 16, 100, 10), new("t", 16, 19, 100, 10), new("e\u0301", 30, 36, 100, 10),
        ];

        Assert.Equal(["\u00E9t", "e\u0301"], Assert.Single(PdfRows.Of(glyphs)).Words.Select(w => w.Text));
        Assert.Equal("ffi st \u0644\u0627", GlyphText.Clean("\uFB03 \uFB06 \uFEFB"));
        Assert.Null(GlyphText.Clean("\uFFFD"));
        Assert.Equal("", GlyphText.Clean("\u001B"));
    }

    [Fact]
    public void A_line_of_hebrew_is_returned_in_reading_order_with_its_numbers()
    {
        // From left to right: a full stop, "1871", then a word whose first letter stands at its right.
        PdfGlyph[] glyphs = [.. ".1871 תנשב".Select((c, i) => new PdfGlyph(c.ToString(), 10 * i, (10 * i) + 10, 100, 10))];

        Assert.Equal("בשנת 1871.", ReadingDirection.Text(Assert.Single(PdfRows.Of(glyphs)).Words));
    }

    static string TextOf(string page) => Read(new PdfBytes().Page(page)).Text;

    static FormattedText Read(PdfBytes file) => Read(file.Write());

    internal static FormattedText Read(byte[] bytes, FormatLimits? limits = null) =>
        new PdfReader().Read(new MemoryStream(bytes), limits ?? new());

    internal static string Refusal(byte[] bytes) => Assert.Throws<InputException>(() => Read(bytes)).Message;
}
