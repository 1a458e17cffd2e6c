using Farsight.Alignment.Corpus;
using Farsight.Alignment.Runs;

namespace Farsight.Tests.Alignment.Runs;

public sealed class InputHashTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_hash_of_documents_depends_on_their_names_and_contents_and_not_on_their_place_or_on_other_files()
    {
        Write("one/a.txt", "red");
        Write("one/deeper/b.txt", "blue");
        Write("two/a.txt", "red");
        Write("two/deeper/b.txt", "blue");
        Write("two/.hidden.txt", "green");
        Write("two/picture.png", "green");
        string hash = Of("one");

        Assert.Equal(hash, Of("two"));
        Write("two/deeper/b.txt", "blur");
        Assert.NotEqual(hash, Of("two"));
        Write("two/deeper/b.txt", "blue");
        File.Move(_folder["two/a.txt"], _folder["two/c.txt"]);
        Assert.NotEqual(hash, Of("two"));
        Assert.NotEqual(hash, InputHash.OfFiles(DocumentReader.FilesOf(_folder["one/a.txt"])));
    }

    [Fact]
    public void The_hash_of_a_small_model_is_that_of_its_names_sizes_and_contents()
    {
        Write("model/b", "x");
        Write("model/a", "yz");

        Assert.Equal(InputHash.OfText("a 2\nyzb 1\nx"), InputHash.OfModel(_folder["model"])); // runs on disk have it recorded
    }

    public void Dispose() => _folder.Dispose();

    string Of(string name) => InputHash.OfFiles(DocumentReader.FilesOf(_folder[name]));

    void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], text);
    }
}
