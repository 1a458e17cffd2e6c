using System.Text;
using Farsight.Alignment.Corpus.Repair;

namespace Farsight.Tests.Alignment.Corpus.Repair;

public sealed class TextRepairTests
{
    const string Prose = "“Où est le café?” – Ångström naïvely asked for 10 €… and über‑cool “résumés” at 20 °C.\nSecond line.";

    [Theory]
    [InlineData("plain ASCII text\n\twith a tab")]
    [InlineData(Prose)]
    [InlineData("São João às 10 °C; Ã e Â sozinhos; VOGAL Ã, OLÁ")]
    [InlineData("Привет, мир! 你好，世界。こんにちは 😀")]
    public void Clean_text_stays_as_it_is(string text)
    {
        RepairedText decoded = TextRepair.Decode(Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, decoded.Text);
        Assert.Empty(decoded.Repairs);
    }

    [Fact]
    public void UTF16_and_UTF32_are_known_by_their_marks()
    {
        foreach (
            Encoding encoding in new Encoding[]
            {
                Encoding.Unicode,
                Encoding.BigEndianUnicode,
                Encoding.UTF32,
                new UTF32Encoding(bigEndian: true, byteOrderMark: true),
            })
        {
            Check(Prose, [.. encoding.GetPreamble(), .. encoding.GetBytes(Prose)], (RepairKind.WideEncoding, 1));
        }
    }

    [Fact]
    public void UTF16_without_a_mark_is_known_by_its_zeros()
    {
        Check(Prose, Encoding.Unicode.GetBytes(Prose), (RepairKind.WideEncoding, 1));
        Check(Prose, Encoding.BigEndianUnicode.GetBytes(Prose), (RepairKind.WideEncoding, 1));
    }

    [Fact]
    public void Text_in_Windows_1252_is_read_as_that() =>
        Check(
            "“café” – 10 €, naïve",
            [0x93, .. "caf"u8, 0xE9, 0x94, .. " "u8, 0x96, .. " 10 "u8, 0x80, .. ", na"u8, 0xEF, .. "ve"u8],
            (RepairKind.Windows1252, 6));

    [Fact]
    public void A_few_broken_bytes_in_UTF8_are_left_out_and_not_guessed() =>
        Check("é é é  é", [.. "é é é "u8, 0xC3, .. " é"u8], (RepairKind.InvalidUtf8, 1), (RepairKind.ReplacementCharacters, 1));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void UTF8_read_as_Windows_1252_is_put_back(int times)
    {
        string spoilt = Prose;
        for (int i = 0; i < times; i++)
        {
            spoilt = string.Concat(Encoding.UTF8.GetBytes(spoilt).Select(Windows1252.CharOf));
        }
        Assert.NotEqual(Prose, spoilt);

        RepairedText clean = TextRepair.Clean(spoilt);

        Assert.Equal(Prose, clean.Text);
        Assert.Equal(RepairKind.Mojibake, Assert.Single(clean.Repairs).Kind);
    }

    [Fact]
    public void Three_bytes_are_put_back_wherever_they_stand_and_two_only_where_they_explain_the_text()
    {
        Assert.Equal("don’t: é è à ç ê", TextRepair.Clean("donâ€™t: é è à ç ê").Text);
        Assert.Equal("é è à ç ê Â° î", TextRepair.Clean("é è à ç ê Â° î").Text);
        Assert.Equal("20 °C", TextRepair.Clean("20 Â°C").Text);
    }

    [Fact]
    public void Zeros_marks_and_line_ends_are_cleaned_and_counted() => Check(
        "one\ntwo\nthree\nfour", [0xEF, 0xBB, 0xBF, .. "one\r\ntw"u8, 0, .. "o\rthree\n\u0007\uFEFFfour"u8],
        (RepairKind.ByteOrderMark, 1), (RepairKind.ControlCharacters, 3), (RepairKind.LineEnds, 2));

    [Fact]
    public void No_control_character_but_tab_and_line_break_reaches_the_text() => Check(
        "page one\npage two\nnext\tline", [.. "page one\fpage two\vnext\tl"u8, 0xC2, 0x9B, .. "ine\u001B"u8],
        (RepairKind.ControlCharacters, 2), (RepairKind.LineEnds, 2));

    static void Check(string expected, byte[] bytes, params (RepairKind Kind, int Places)[] repairs)
    {
        RepairedText decoded = TextRepair.Decode(bytes);
        Assert.Equal(expected, decoded.Text);
        Assert.Equal(repairs, decoded.Repairs.Select(r => (r.Kind, r.Places)));
    }
}
