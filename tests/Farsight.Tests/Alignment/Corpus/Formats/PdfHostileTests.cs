using System.Text;
using Farsight.Alignment.Corpus.Formats;
using static Farsight.Tests.Alignment.Corpus.Formats.PdfBytes;

namespace Farsight.Tests.Alignment.Corpus.Formats;

public sealed class PdfHostileTests
{
    const string Second = "A quiet second page.";

    static readonly FormatLimits s_small = new(UnpackedBytes: 8 << 20, PartBytes: 1 << 20, Depth: 256);

    [Fact]
    public void A_page_that_unpacks_beyond_the_limit_is_named_and_the_others_are_read()
    {
        byte[] twice = Deflate(Deflate(new byte[64 << 20]));

        FormattedText text = PdfReaderTests.Read(
            new PdfBytes().Page(twice, "/Filter[/FlateDecode/FlateDecode]", "").Page(Line(72, 700, Second)).Write(), s_small);

        Assert.Equal(Second, text.Text);
        Assert.Equal(["page 1 cannot be read: a stream unpacks to more than 1 MiB"], text.Warnings);
    }

    [Fact]
    public void A_run_length_bomb_and_a_chain_of_filters_are_refused_before_they_unpack()
    {
        byte[] runs = [.. Enumerable.Repeat<byte[]>([129, 32], 20_000).SelectMany(r => r)];

        FormattedText text = PdfReaderTests.Read(
            new PdfBytes()
                .Page(runs, "/Filter/RunLengthDecode", "")
                .Page("x"u8.ToArray(), $"/Filter[{string.Concat(Enumerable.Repeat("/FlateDecode", 50))}]", "")
                .Page(Line(72, 700, Second))
                .Write(),
            s_small);

        Assert.Equal(Second, text.Text);
        Assert.Equal(
            ["page 1 cannot be read: a stream unpacks to more than 1 MiB", "page 2 cannot be read: a stream has more than 8 filters"],
            text.Warnings);
    }

    [Fact]
    public void An_lzw_stream_is_measured_before_it_unpacks()
    {
        // Each code but the first is the entry that it creates (PDF 32000-1, 7.4.4), so entry k has k - 256 zeros.
        byte[] bomb = Lzw(Enumerable.Range(258, 3000));

        FormattedText text = PdfReaderTests.Read(
            new PdfBytes().Page(bomb, "/Filter/LZWDecode", "").Page(Line(72, 700, Second)).Write(), s_small);

        Assert.Equal(Second, text.Text);
        Assert.Equal(["page 1 cannot be read: a stream unpacks to more than 1 MiB"], text.Warnings);
    }

    [Fact]
    public void Drawing_instructions_beyond_their_limit_are_not_parsed()
    {
        byte[] many = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat("0 0 m ", 3 << 20)));

        FormattedText text = PdfReaderTests.Read(new PdfBytes().Compressed(many).Page(Line(72, 700, Second)).Write());

        Assert.Equal(["page 1 cannot be read: its drawing instructions have more than 16 MiB"], text.Warnings);
    }

    [Fact]
    public void Deeply_nested_arrays_are_refused() => Assert.StartsWith(
        "the file is damaged",
        PdfReaderTests.Refusal(
            new PdfBytes { CatalogEntries = $"/X {new string('[', 100_000)}{new string(']', 100_000)}" }.Page(Line(72, 700, "x")).Write()),
        StringComparison.Ordinal);

    [Fact]
    public void Another_number_of_pages_than_stated_is_reported()
    {
        FormattedText text = PdfReaderTests.Read(new PdfBytes { StatedPages = 5 }.Page(Line(72, 700, "One page.")).Write());

        Assert.Contains("pages may be missing", Assert.Single(text.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Forms_that_draw_each_other_many_times_end_at_a_limit()
    {
        PdfBytes file = new();
        int form = file.Add("<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>stream\n\nendstream");
        for (int level = 0; level < 20; level++)
        {
            form = file.Add(
                $"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</N{level} {form} 0 R>>>>"
                    + $"/Length {$"/N{level} Do /N{level} Do".Length}>>stream\n/N{level} Do /N{level} Do\nendstream");
        }
        file.Page("/Top Do", resources: $"/XObject<</Top {form} 0 R>>").Page(Line(72, 700, Second));

        FormattedText text = PdfReaderTests.Read(file.Write());

        Assert.Equal(Second, text.Text);
        Assert.Equal(["page 1 cannot be read: it draws more than 20000 forms"], text.Warnings);
    }

    [Fact]
    public void Any_changed_byte_yields_a_text_or_a_reason()
    {
        byte[] more = Encoding.Latin1.GetBytes(Line(72, 700, "More."));
        byte[] sound = new PdfBytes().Page(Line(72, 700, "Some text.")).Compressed(more).Write();
        int read = 0;
        for (int at = 0; at < sound.Length; at += 7)
        {
            byte[] damaged = [.. sound];
            damaged[at] ^= 0x15;
            try
            {
                read += PdfReaderTests.Read(damaged).Text.Length > 0 ? 1 : 0;
            }
            catch (Farsight.Engine.InputException e)
            {
                Assert.InRange(e.Message.Length, 10, 400);
            }
        }
        Assert.NotEqual(0, read);
    }

    static byte[] Lzw(IEnumerable<int> codes)
    {
        StringBuilder bits = new();
        int width = 9, free = 258;
        Append(256);
        Append(0);
        foreach (int code in codes)
        {
            Append(code);
            free++;
            width = free + 1 >= 2048 ? 12 : free + 1 >= 1024 ? 11 : free + 1 >= 512 ? 10 : 9;
        }
        string all = bits.ToString().PadRight((bits.Length + 7) / 8 * 8, '0');
        return [.. all.Chunk(8).Select(b => Convert.ToByte(new string(b), 2))];

        void Append(int code) => bits.Append(Convert.ToString(code, 2).PadLeft(width, '0'));
    }
}
