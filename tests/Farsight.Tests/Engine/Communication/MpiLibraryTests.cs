using Farsight.Engine.Communication;

namespace Farsight.Tests.Engine.Communication;

public sealed class MpiLibraryTests
{
    [Fact]
    public void A_null_reference_is_still_an_exception_after_the_MPI_libraries_of_the_system_were_loaded()
    {
        // UCX, which some of them load, ends the process at a null reference unless it is told not to.
        Assert.All(MpiLibrary.Installed, l => Assert.Contains(": ", l, StringComparison.Ordinal));

        Assert.Throws<NullReferenceException>(() => Length(null));
    }

    static int Length(string? text) => text!.Length;
}
