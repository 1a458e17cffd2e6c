using Farsight.Engine.Files;

namespace Farsight.Tests.Engine.Files;

public sealed class AtomicFileTests
{
    [Fact]
    public void Replaces_the_file_and_leaves_nothing_else()
    {
        using TemporaryFolder folder = new();
        string path = folder["new/a.txt"];

        AtomicFile.WriteText(path, "old");
        AtomicFile.WriteText(path, "é");

        Assert.Equal([0xC3, 0xA9], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(folder["new"]));
    }

    [Fact]
    public void A_full_disk_leaves_the_old_file_and_names_it()
    {
        using TemporaryFolder folder = new();
        AtomicFile.WriteText(folder["a"], "old");

        var e = Assert.Throws<IOException>(() => AtomicFile.Write(folder["a"], stream =>
        {
            stream.WriteByte(1);
            throw new IOException("No space left on device");
        }));

        Assert.Equal($"{folder["a"]} could not be written: No space left on device", e.Message);
        Assert.Equal("old", File.ReadAllText(folder["a"]));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_full_disk_is_told_from_other_failures_with_the_size_that_was_written()
    {
        const int NoSpaceLeft = 28;
        using TemporaryFolder folder = new();

        var e = Assert.Throws<IOException>(() => AtomicFile.Write(folder["a"], stream =>
        {
            stream.Write(new byte[300]);
            throw new IOException("No space left on device", NoSpaceLeft);
        }));

        Assert.True(AtomicFile.IsFullDisk(e));
        Assert.StartsWith($"{folder["a"]} could not be written, because the disk is full: it needs more than 300 bytes.", e.Message);
        Assert.False(AtomicFile.IsFullDisk(new IOException("the file is in use")));
    }

    [Fact]
    public void A_body_that_fails_otherwise_leaves_no_temporary_file_either()
    {
        using TemporaryFolder folder = new();

        Assert.Throws<FormatException>(() => AtomicFile.Write(folder["a"], _ => throw new FormatException()));

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
