using System.IO.Compression;
using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus;

/// <summary>Whatever a corpus holds, it ends in documents or in one sentence.</summary>
public sealed class HostileCorpusTests : IDisposable
{
    const int Count = 250;

    const string Records = """
        [{"text":"one \u00e9 text","questions":[{"question":"q?","answer":"a"}],"n":[1,2,{"x":null}]},
         {"text":"two"},
         {"text":"three \"quoted\" \\ {brace}"}]
        """;

    const string Conversations =
        """{"conversations":[{"role":"user","content":"Story:\n\nA text.\n\nWho?"},{"role":"assistant","content":"She."}]}""";

    const string Instructions = """{"instruction":"Memorize it.\n A text. Now the material ends. Who?","input":"A text","output":"She."}""";

    readonly string _folder = Directory.CreateTempSubdirectory("farsight-hostile-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.json", Records)]
    [InlineData("c.jsonl", Conversations)]
    [InlineData("i.jsonl", Instructions)]
    public void Damaged_records_end_in_documents_or_one_sentence(string name, string content) =>
        Try(name, Mutations.OfJson(Encoding.UTF8.GetBytes(content), Count));

    [Theory]
    [InlineData("t.txt")]
    [InlineData("t.jsonl.gz")]
    [InlineData("t.jsonl.zst")]
    public void Damaged_bytes_end_in_documents_or_one_sentence(string name)
    {
        byte[] lines = Encoding.UTF8.GetBytes("{\"text\":\"Où est-ce ?\"}\n{\"text\":\"“là”\"}\n");
        byte[] sound =
            name.EndsWith(".gz", StringComparison.Ordinal) ? Gzip(lines)
            : name.EndsWith(".zst", StringComparison.Ordinal)
                ? [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58, (byte)((lines.Length << 3) | 1), (byte)(lines.Length >> 5), 0, .. lines]
            : lines;
        Try(name, Mutations.OfBytes(sound, sound.Length, Count));
    }

    void Try(string name, IEnumerable<byte[]> variants)
    {
        string path = Path.Combine(_folder, name);
        int read = 0, refused = 0;
        foreach (byte[] variant in variants)
        {
            File.WriteAllBytes(path, variant);
            foreach (bool repair in new[] { true, false })
            {
                try
                {
                    _ = DocumentReader.Read(new CorpusOptions(path) { Repair = repair, NearDuplicate = 0.8 }, new()).Count();
                    read++;
                }
                catch (InputException e)
                {
                    Assert.DoesNotContain('\n', e.Message);
                    refused++;
                }
            }
        }
        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream target = new();
        using (GZipStream gzip = new(target, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return target.ToArray();
    }
}
