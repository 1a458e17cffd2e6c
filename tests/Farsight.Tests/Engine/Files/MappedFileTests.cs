using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Tests.Engine.Files;

public sealed class MappedFileTests
{
    [Fact]
    public void A_file_that_another_program_has_locked_is_named()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["a"], "x");
        using FileStream locked = new(folder["a"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Assert.StartsWith($"{folder["a"]} cannot be read", Assert.Throws<InputException>(() => MappedFile.Open(folder["a"])).Message);
    }

    [Fact]
    public void Shows_the_bytes_of_the_file_and_no_others()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["a"], [1, 2, 3, 4, 5]);
        using MappedFile file = MappedFile.Open(folder["a"]);

        Assert.Equal(5, file.Length);
        Assert.Equal([3, 4, 5], file.Bytes(2, 3).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(3, 3).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(long.MaxValue, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(-1, 1).Length);
    }

    [Fact]
    public void An_unmapped_file_shows_nothing()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["a"], [1]);
        MappedFile file = MappedFile.Open(folder["a"]);
        file.Dispose();
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.Bytes(0, 1).Length);
    }

    [Fact]
    public void An_empty_file_is_mapped_as_nothing()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["a"], []);
        using MappedFile file = MappedFile.Open(folder["a"]);

        Assert.Equal(0, file.Bytes(0, 0).Length);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_named()
    {
        using TemporaryFolder folder = new();

        Assert.Contains("does not exist", Assert.Throws<InputException>(() => MappedFile.Open(folder["none"])).Message);
        Assert.Contains(folder.Path, Assert.Throws<InputException>(() => MappedFile.Open(folder.Path)).Message);
    }
}
