using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Tests.Engine.Files;

public sealed class AtomicDirectoryTests
{
    [Fact]
    public void An_older_model_is_replaced_as_a_whole()
    {
        using TemporaryFolder folder = new();
        Write(folder["model"], "config.json", "old.safetensors");

        Write(folder["model"], "config.json", "tokenizer.json");

        Assert.Equal(["config.json", "tokenizer.json"], Directory.GetFileSystemEntries(folder["model"]).Select(Path.GetFileName).Order());
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("NOTES.md"), InlineData("logo_adapter/adapter_config.json")]
    public void A_directory_with_anything_else_is_kept(string own)
    {
        using TemporaryFolder folder = new();
        Write(folder["model"], "config.json");
        string file = Path.Combine(folder["model"], own);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "mine");

        InputException refused = Assert.Throws<InputException>(() => Write(folder["model"], "config.json"));

        Assert.Equal(
            $"{folder["model"]} also contains {own.Split('/')[0]}, which would be deleted; choose a new or empty directory.",
            refused.Message);
        Assert.Equal("mine", File.ReadAllText(file));
    }

    static void Write(string path, params string[] names) => AtomicDirectory.Write(path, "config.json", temporary =>
    {
        foreach (string name in names)
        {
            File.WriteAllText(Path.Combine(temporary, name), "");
        }
    });
}
