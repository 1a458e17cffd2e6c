using System.Text;
using System.Text.Json;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Corpus.Formats.Parquet;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus.Formats;

public sealed class ParquetTests : CorpusFolder
{
    const string Nested = """{"id":"a","n":3,"x":0.5,"b":true,"m":[""" + """{"role":"user","content":"Über\n\"q\""},"""
        + """{"role":"system","content":null}],"t":[["x","y"],[],null]}""";

    [Fact]
    public void Rows_are_read_as_they_were_written_with_nulls_and_nested_lists()
    {
        string[] rows =
        [
            Nested,
            """{"id":null,"n":null,"x":null,"b":null,"m":null,"t":null}""",
            """{"id":"c","n":-9000000000,"x":2,"b":false,"m":[],"t":[["z"]]}""",
        ];
        byte[] file = Write(rows);

        ParquetFile parquet = ParquetFile.Open(new MemoryStream(file));
        string[] read = [.. new ParquetRows(parquet, new()).Read(parquet.Fields).Select(r => Encoding.UTF8.GetString(r.Span))];

        Assert.Equal(rows.Select(Canonical), read.Select(Canonical));
        Assert.Equal(
            "id (string), n (int64), x (double), b (boolean), m (list of {role, content}), t (list of list of string)", parquet.Describe());
    }

    [Fact]
    public void A_corpus_has_a_document_per_row_and_several_files_are_one_corpus()
    {
        File.WriteAllBytes(At("a.parquet"), Write("""{"id":1,"text":"One."}""", """{"id":2,"text":null}"""));
        File.WriteAllBytes(At("b.parquet"), Write("""{"content":"Two."}"""));
        File.WriteAllBytes(At("c.parquet"), Write(
            """{"messages":[{"role":"user","content":"Long ago.\n\nWho?"},{"role":"assistant","content":"She."}]}""",
            """{"messages":null}"""));
        CorpusReport report = new();

        SourceDocument[] read = [.. Read(o => o, report)];

        Assert.Equal(
            [("a.parquet#1", "One."), ("b.parquet#1", "Two."), ("c.parquet#1", "Long ago.")], read.Select(d => (d.Id, d.Text)));
        Assert.Equal(new QuestionAnswer("Who?", "She."), Assert.Single(read[2].Questions));
        Assert.Equal(2, report.Dropped["no_text"].Documents);
    }

    [Fact]
    public void A_missing_or_other_column_is_refused_with_the_columns_and_their_types()
    {
        File.WriteAllBytes(At("a.parquet"), Write("""{"text":7,"url":"x"}"""));
        Assert.Contains(
            "the column 'text' holds int64, not text; the columns are text (int64), url (string)", Fault(o => o), StringComparison.Ordinal);
        File.WriteAllBytes(At("a.parquet"), Write("""{"size":7,"url":"x"}"""));
        Assert.Contains("its columns are size (int64), url (string)", Fault(o => o), StringComparison.Ordinal);
        Assert.Equal("x", Assert.Single(Read(o => o with { Field = "url" })).Text);
    }

    [Fact]
    public void Damaged_files_are_refused_and_never_crash()
    {
        byte[] file = Write(Nested, Nested);
        Random random = new(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. file];
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                damaged[random.Next(4, damaged.Length - 4)] = (byte)random.Next(256);
            }
            try
            {
                ParquetFile parquet = ParquetFile.Open(new MemoryStream(damaged));
                Assert.InRange(new ParquetRows(parquet, new(PartBytes: 1 << 20)).Read(parquet.Fields).Take(100).Count(), 0, 100);
            }
            catch (InputException)
            {
                // refused
            }
        }
        for (int length = 0; length < file.Length; length++)
        {
            Assert.Throws<InputException>(() => ParquetFile.Open(new MemoryStream(file, 0, length)));
        }
    }

    [Fact]
    public void A_page_beyond_the_limit_is_refused_before_it_is_unpacked()
    {
        byte[] file = Write($$"""{"text":"{{new string('a', 1 << 20)}}"}""");

        Assert.True(file.Length < 4000);
        Assert.Contains(
            "the limit is 0 MiB",
            Assert.Throws<InputException>(() => new ParquetReader().Read(new MemoryStream(file), new(PartBytes: 1 << 19))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, new byte[] { 11, 8, (byte)'a', (byte)'b', (byte)'c', 17, 3 }, "abcabcabcab")] // snappy: a literal and a copy
    [InlineData(7, new byte[] { 0x34, (byte)'a', (byte)'b', (byte)'c', 3, 0 }, "abcabcabcab")] // LZ4: literal of 3, copy of 8
    [InlineData(0, new byte[] { (byte)'a', (byte)'b' }, "ab")]
    public void Compressed_bytes_are_restored(int codec, byte[] stored, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(ParquetCodec.Decompress(codec, stored, expected.Length)));

    static byte[] Write(params string[] rows)
    {
        MemoryStream file = new();
        ParquetWriter.Write(file, () => rows.Select(r => JsonDocument.Parse(r).RootElement));
        return file.ToArray();
    }

    static string Canonical(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement.Deserialize<object>());
}
