using System.Text;
using Farsight.Alignment.Corpus;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus;

public sealed class DocumentReaderTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("farsight-documents-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_read_recursively_in_ordinal_order_with_relative_names()
    {
        Write("b.txt", "bee");
        Write("a/z.md", "zed");
        Write("B.txt", "big");
        Write("a.jsonl", "{\"text\":\"one\"}\n\n{\"text\":\"two\",\"questions\":[{\"question\":\"q?\",\"answer\":\"a\"}]}\r\n");
        Write(".git/x.txt", "hidden");
        Write("picture.png", "no document");

        SourceDocument[] documents = [.. DocumentReader.Read(_folder)];

        Assert.Equal(["B.txt", "a.jsonl#1", "a.jsonl#3", "a/z.md", "b.txt"], documents.Select(d => d.Id));
        Assert.Equal(["big", "one", "two", "zed", "bee"], documents.Select(d => d.Text));
        Assert.Equal(new QuestionAnswer("q?", "a"), Assert.Single(documents[2].Questions));
        Assert.Empty(documents[1].Questions);
    }

    [Fact]
    public void A_single_file_is_named_without_its_folder()
    {
        string path = Write("note.txt", "\ufeffhello");
        Assert.Equivalent(new SourceDocument("note.txt", "hello", []), Assert.Single(DocumentReader.Read(path)));
    }

    [Fact]
    public void Lines_longer_than_the_buffer_and_a_missing_last_newline_are_read()
    {
        string text = new('x', 300_000);
        Write("long.jsonl", $"\ufeff{{\"text\":\"a\"}}\n{{\"text\":\"{text}\"}}\n{{\"text\":\"b\"}}");
        Assert.Equal(["a", text, "b"], DocumentReader.Read(_folder).Select(d => d.Text));
    }

    [Theory]
    [InlineData("d.jsonl", "{\"text\":\"a\"}\n{\"text\":", "line 2", "not valid JSON")]
    [InlineData("d.jsonl", "{\"text\":\"a\"}\n{\"body\":\"b\"}", "line 2", "'text' is missing")]
    [InlineData("d.jsonl", "[1]", "line 1", "expected a JSON object")]
    [InlineData("d.jsonl", "{\"text\":\"a\",\"questions\":[{\"question\":\"q\"}]}", "line 1", "'answer' is missing")]
    [InlineData("d.jsonl", "{\"text\":\"a\",\"questions\":{}}", "line 1", "'questions' must be an array")]
    [InlineData("d.jsonl", "{\"text\":\"\\ud800\"}", "line 1", "not a valid character")]
    [InlineData("d.jsonl", "{\"text\":\" \"}", "line 1", "'text' is empty")]
    [InlineData("d.jsonl", "\n", "", "contains no documents")]
    [InlineData("d.txt", " \n", "d.txt", "contains no text")]
    [InlineData("d.csv", "a,b", "", "contains no .txt, .md, .jsonl, .json")]
    public void What_is_wrong_is_named_with_file_and_line(string name, string content, string place, string what)
    {
        Write(name, content);
        string message = Assert.Throws<InputException>(() => DocumentReader.Read(_folder).ToList()).Message;
        Assert.Contains(place, message, StringComparison.Ordinal);
        Assert.Contains(what, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bad.txt")]
    [InlineData("bad.jsonl")]
    public void Bytes_that_are_not_utf8_are_named_with_their_line(string name)
    {
        File.WriteAllBytes(Path.Combine(_folder, name), [.. "{\"text\":\"a\"}\n{\"text\":\""u8, 0xC3, 0x28, .. "\"}\n"u8]);
        string message = Assert.Throws<InputException>(() => DocumentReader.Read(_folder).ToList()).Message;
        Assert.Contains($"{name}', line 2: the bytes are not UTF-8", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_that_is_not_there_is_named() =>
        Assert.Contains(
            "does not exist",
            Assert.Throws<InputException>(() => DocumentReader.Read(Path.Combine(_folder, "none"))).Message,
            StringComparison.Ordinal);

    string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content, new UTF8Encoding(false));
        return path;
    }
}
