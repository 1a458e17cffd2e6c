using Farsight.Engine.Files;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class ExamplesLogTests
{
    [Fact]
    public void Two_evaluations_cannot_write_into_one_directory()
    {
        using TemporaryFolder files = new();
        using (ExamplesLog.Open(files.Path, "m"))
        {
            InUseException held = Assert.Throws<InUseException>(() => ExamplesLog.Open(files.Path, "m"));
            Assert.Equal($"{files.Path} is in use by another evaluation; wait for it, or choose another directory.", held.Message);
        }
        ExamplesLog.Open(files.Path, "m").Dispose();
    }
}
