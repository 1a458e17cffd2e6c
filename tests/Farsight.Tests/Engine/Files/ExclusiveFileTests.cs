using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Tests.Support;

namespace Farsight.Tests.Engine.Files;

public sealed class ExclusiveFileTests : IDisposable
{
    readonly TemporaryFolder _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_held_file_is_refused_until_its_holder_lets_go()
    {
        string path = _files["new/lock"];
        using (ExclusiveFile.Open(path))
        {
            Assert.Null(ExclusiveFile.TryOpen(path));
            InUseException held = Assert.Throws<InUseException>(() => ExclusiveFile.Open(path));
            Assert.Equal($"{path} is in use by another process; wait for that process or stop it.", held.Message);
        }
        using FileStream? free = ExclusiveFile.TryOpen(path);
        Assert.NotNull(free);
    }

    [Fact]
    public void A_folder_in_place_of_the_file_is_no_other_process()
    {
        InputException refused = Assert.Throws<InputException>(() => ExclusiveFile.TryOpen(_files.Path));
        Assert.StartsWith($"{_files.Path} cannot be written: ", refused.Message);
    }
}
