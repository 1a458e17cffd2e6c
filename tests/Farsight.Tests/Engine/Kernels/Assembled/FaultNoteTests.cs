using System.Runtime.Intrinsics.X86;
using Farsight.Engine.Kernels.Assembled;

namespace Farsight.Tests.Engine.Kernels.Assembled;

public sealed class FaultNoteTests
{
    /// <summary>Runs where kernels can be assembled and their faults are named.</summary>
    sealed class FaultTheoryAttribute : TheoryAttribute
    {
        public FaultTheoryAttribute() => Skip = OperatingSystem.IsLinux() && Avx.IsSupported && AssembledCode.Refusal is null
            ? null
            : "Only Linux on x64 with AVX and executable memory names faults.";
    }

    // The frame of a kernel has 17 bytes: the last digits say where in the kernel. int3 is reported behind its single byte.
    [FaultTheory, InlineData("read", 0), InlineData("undefined", 0), InlineData("trap", 1)]
    public async Task A_fault_names_the_kernel_and_ends_the_process(string fault, int behind)
    {
        (int code, string output, string error) = await ChildProgram.Run(fault);

        int frame = MachineCode.Assemble(_ => { }).Length - Tail;
        Assert.Contains($"farsight: fault in assembled kernel 'test kernel' at +0x{frame + behind:x4}\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain("'another'", error, StringComparison.Ordinal);
        Assert.InRange(code, 128, 255); // ended by a signal
        Assert.Equal("caught\ncaught\n", output); // exceptions of managed code are not disturbed
    }

    // vzeroupper, six registers of which three need a prefix, rbp, ret.
    const int Tail = 3 + 3 + 3 * 2 + 1 + 1;
}
