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
        string[] read = [.. Rows(file, new())];

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
            Assert.Throws<InputException>(() => Rows(file, new(PartBytes: 1 << 19)).ToArray()).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, new byte[] { 11, 8, (byte)'a', (byte)'b', (byte)'c', 17, 3 }, "abcabcabcab")] // snappy: a literal and a copy
    [InlineData(7, new byte[] { 0x34, (byte)'a', (byte)'b', (byte)'c', 3, 0 }, "abcabcabcab")] // LZ4: literal of 3, copy of 8
    [InlineData(0, new byte[] { (byte)'a', (byte)'b' }, "ab")]
    public void Compressed_bytes_are_restored(int codec, byte[] stored, string expected) =>
        Assert.Equal(expected, Encoding.ASCII.GetString(ParquetCodec.Decompress(codec, stored, expected.Length)));

    [Fact]
    public void A_whole_row_has_the_texts_of_all_its_messages_and_columns()
    {
        File.WriteAllBytes(At("a.parquet"), Write(
            """{"messages":[{"role":"user","content":"What did the coach carry?"},{"role":"assistant","content":"Letters."}],"id":1}""",
            """{"messages":null,"id":2}""",
            """{"messages":[{"role":"user","content":null},{"role":"assistant","content":"Yes."}],"id":3}"""));
        File.WriteAllBytes(At("b.parquet"), Write("""{"prompt":"Who?","chosen":"She.","rejected":"He."}"""));
        CorpusReport report = new();

        SourceDocument[] read = [.. Read(o => o with { HasWholeRows = true }, report)];

        Assert.Equal(
            [
                ("a.parquet#1", "What did the coach carry?\n\nLetters."), ("a.parquet#3", "Yes."), ("b.parquet#1", "Who?\n\nShe.\n\nHe."),
            ],
            read.Select(d => (d.Id, d.Text)));
        Assert.Equal(["a.parquet#2: dropped, because it has no text."], report.Sentences());
    }

    [Fact]
    public void A_text_that_is_not_UTF8_is_reported_and_the_other_rows_are_kept()
    {
        byte[] file = Write("""{"text":"Good words."}""", """{"text":"caf#"}""", """{"text":"Last row."}""");
        file.AsSpan()[file.AsSpan().IndexOf("caf#"u8) + 3] = 0xE9;
        File.WriteAllBytes(At("a.parquet"), file);
        CorpusReport report = new();

        Assert.Equal(["Good words.", "café", "Last row."], Read(o => o with { HasWholeRows = true }, report).Select(d => d.Text));
        Assert.Equal(["a.parquet#2: bytes that are not UTF-8 were read as Windows-1252."], report.Sentences());
    }

    [Fact]
    public void A_damaged_file_in_a_folder_is_listed_and_one_that_was_named_is_an_error()
    {
        File.WriteAllBytes(At("a.parquet"), Write("""{"text":"Kept."}"""));
        File.WriteAllBytes(At("b.parquet"), Write("""{"text":"Lost."}""")[..^1]);
        File.WriteAllBytes(At("c.parquet"), Write("""{"size":1}"""));
        CorpusReport report = new();

        Assert.Equal(["Kept."], Read(o => o, report).Select(d => d.Text));
        Assert.Equal(["b.parquet", "c.parquet"], report.Refused.Select(r => r.File));
        Assert.StartsWith(
            $"'{At("b.parquet")}': the file is damaged or incomplete",
            Assert.Throws<InputException>(() => DocumentReader.Read(At("b.parquet")).Count()).Message, StringComparison.Ordinal);
    }

    static IEnumerable<string> Rows(byte[] file, FormatLimits limits)
    {
        ParquetFile parquet = ParquetFile.Open(new MemoryStream(file));
        return new ParquetRows(parquet, limits).Read(parquet.Fields).Select(r => Encoding.UTF8.GetString(r.Span));
    }

    static byte[] Write(params string[] rows)
    {
        MemoryStream file = new();
        ParquetWriter.Write(file, () => rows.Select(r => JsonDocument.Parse(r).RootElement));
        return file.ToArray();
    }

    static string Canonical(string json) => JsonSerializer.Serialize(JsonDocument.Parse(json).RootElement.Deserialize<object>());
}
