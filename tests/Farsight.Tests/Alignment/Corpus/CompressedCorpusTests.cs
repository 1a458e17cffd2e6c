using System.IO.Compression;
using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Reading;

namespace Farsight.Tests.Alignment.Corpus;

/// <summary>Documents in gzip and zstd files.</summary>
public sealed class CompressedCorpusTests : CorpusFolder
{
    // Made by zstd --check and by pzstd (1.5.4) from six lines {"text":"aaa…"} to {"text":"fff…"}, 40 letters each.
    const string ZstdFrame = "KLUv/WQ4AIUBAKh7InRleHQiOiJhIn0KYmNkZWYifQoLAHClAA7gygNcwJUHuIArD3ABV+5V2lACJHsJawE=",
        PzstdFile = "UCpNGAQAAAA9AAAAKLUv/QRYhQEAqHsidGV4dCI6ImEifQpiY2RlZiJ9CgsAcKUADuDKA1zAlQe4gCsPcAFX7lXaUAIkewlrAQ==";

    [Theory]
    [InlineData("x.gz", "gzip")]
    [InlineData("d.jsonl.gz", "gzip")]
    [InlineData("d.jsonl", "gzip")]
    [InlineData("d.jsonl.zst", "zstd")]
    public void Compressed_files_are_read_by_what_they_are(string name, string method)
    {
        byte[] lines = Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, 3000).Select(i => $$"""{"text":"document {{i}} {{new string('x', i % 500)}}"}""" + "\n")));
        File.WriteAllBytes(At(name), method == "gzip" ? Gzip(lines) : ZstdStored(lines));

        Assert.Equal(
            3000,
            DocumentReader
                .Read(new CorpusOptions(At(name)) { Format = DocumentFormat.Field }, new())
                .Select((d, i) => (d, i))
                .Count(p => p.d.Text.StartsWith($"document {p.i} ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Compressed_text_of_a_folder_is_a_document()
    {
        File.WriteAllBytes(At("a.txt.gz"), Gzip("hello"u8));
        Assert.Equal(
            new("a.txt.gz", "hello", []),
            Assert.Single(Read(o => o)) with
            {
                Questions = [],
            },
            (a, b) => a!.Id == b!.Id && a.Text == b.Text);
    }

    [Fact]
    public void A_cut_gzip_file_is_one_sentence_with_its_line()
    {
        byte[] all = Gzip(
            Encoding.UTF8.GetBytes(
                string.Concat(
                    Enumerable
                        .Range(0, 20000)
                        .Select(i => $$"""{"text":"{{Convert.ToHexString(Encoding.UTF8.GetBytes($"{i * 7919 % 10007}"))}}"}""" + "\n"))));
        File.WriteAllBytes(At("d.jsonl.gz"), all[..(all.Length / 2)]);

        Assert.Matches(
            @"^'.*d\.jsonl\.gz', line \d{3,}: the compressed data is damaged or incomplete; download the file again\.$",
            Fault(o => o));
    }

    [Fact]
    public void A_gzip_file_of_several_members_is_read_whole_and_cut_anywhere_it_is_not()
    {
        byte[] all = [.. Gzip("{\"text\":\"a\"}\n"u8), .. Gzip("{\"text\":\"b\"}\n"u8)];
        File.WriteAllBytes(At("d.jsonl.gz"), all);
        Assert.Equal(["a", "b"], Read(o => o).Select(d => d.Text));

        for (int length = all.Length - 1; length > all.Length / 2; length--) // the first half alone is a file
        {
            File.WriteAllBytes(At("d.jsonl.gz"), all[..length]);
            Assert.Contains("damaged or incomplete", Fault(o => o), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Zstd_frames_and_skippable_frames_are_read_in_any_order()
    {
        byte[] frame = Convert.FromBase64String(ZstdFrame), skippable = [0x5F, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        byte[] pzstd = Convert.FromBase64String(PzstdFile);

        Assert.Equal(Letters(1), Zstd(frame));
        Assert.Equal(Letters(1), Zstd(pzstd));
        Assert.Equal(Letters(2), Zstd([.. skippable, .. frame, .. skippable, .. pzstd]));
        Assert.Equal(Letters(2), Zstd([.. frame, .. frame, .. skippable]));

        string[] Zstd(byte[] file)
        {
            File.WriteAllBytes(At("d.jsonl.zst"), file);
            return [.. Read(o => o).Select(d => d.Text)];
        }

        static string[] Letters(int times) =>
            [.. Enumerable.Repeat("abcdef", times).SelectMany(letters => letters).Select(letter => new string(letter, 40))];
    }

    [Theory]
    [InlineData(28), InlineData(31)] // 27 is the most that a decoder accepts by itself
    public void A_zstd_file_with_a_long_window_is_read(int windowLog)
    {
        byte[] line = Encoding.UTF8.GetBytes($"{{\"text\":\"{new string('a', 40)}\"}}\n");
        byte[] header = [0x28, 0xB5, 0x2F, 0xFD, 0, (byte)((windowLog - 10) << 3)], block = [(byte)((line.Length << 3) | 1), 0, 0];
        block[1] = (byte)(line.Length >> 5);
        File.WriteAllBytes(At("d.jsonl.zst"), [.. header, .. block, .. line]);

        Assert.Equal([new string('a', 40)], Read(o => o).Select(d => d.Text));
    }

    [Fact]
    public void A_zstd_file_that_is_cut_or_damaged_is_one_sentence_with_its_path()
    {
        byte[] frame = Convert.FromBase64String(ZstdFrame), all = [.. frame, .. frame];
        for (int length = 4; length < all.Length; length++)
        {
            if (length != frame.Length) // the first frame alone is a file
            {
                Check(all[..length]);
            }
        }
        byte[] damaged = [.. frame];
        damaged[^1] ^= 1; // the checksum
        Check(damaged);
        Check([.. frame, .. "no frame"u8]);

        void Check(byte[] file)
        {
            File.WriteAllBytes(At("d.jsonl.zst"), file);
            Assert.Matches(
                @"^'.*d\.jsonl\.zst', line \d+: the compressed data is damaged or incomplete; download the file again\.$", Fault(o => o));
        }
    }

    static byte[] Gzip(ReadOnlySpan<byte> bytes)
    {
        using MemoryStream target = new();
        using (GZipStream gzip = new(target, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return target.ToArray();
    }

    /// <summary>Two frames of raw blocks with a window (RFC 8878), so that the test needs no compressor.</summary>
    static byte[] ZstdStored(byte[] bytes)
    {
        const int MostBlock = 100_000;
        List<byte> file = [];
        foreach (byte[] frame in new[] { bytes[..(bytes.Length / 2)], bytes[(bytes.Length / 2)..] })
        {
            file.AddRange([0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58]); // no content size, a window of 2 MB
            byte[][] blocks = [.. frame.Chunk(MostBlock)];
            for (int i = 0; i < blocks.Length; i++)
            {
                int header = (blocks[i].Length << 3) | (i == blocks.Length - 1 ? 1 : 0);
                file.AddRange([(byte)header, (byte)(header >> 8), (byte)(header >> 16), .. blocks[i]]);
            }
        }
        return [.. file];
    }
}
