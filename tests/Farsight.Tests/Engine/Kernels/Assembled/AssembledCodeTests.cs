namespace Farsight.Tests.Engine.Kernels.Assembled;

public sealed class AssembledCodeTests
{
    /// <summary>Runs where a process can forbid itself executable memory.</summary>
    sealed class RefusalFactAttribute : FactAttribute
    {
        public RefusalFactAttribute() => Skip = ChildProgram.CanRefuse ? null : "PR_SET_MDWE needs Linux 6.3.";
    }

    [RefusalFact]
    public async Task Without_executable_memory_the_twin_computes_and_the_reason_is_told()
    {
        (int code, string output, string error) = await ChildProgram.Run("refused");

        Assert.Equal("", error);
        Assert.Equal(0, code);
        string[] lines = output.Split('\n');
        Assert.StartsWith("the system refuses executable memory (", lines[0], StringComparison.Ordinal);
        Assert.Equal($"Kernels cannot be assembled, because {lines[0]}. {Slow("bf16")}", lines[1]);
        Assert.Equal($"Kernels cannot be assembled, because {lines[0]}. {Slow("q8")}", lines[2]);
        Assert.Equal("8", lines[3]);
        Assert.Contains($"assembled  none, because {lines[0]}", lines);
    }

    static string Slow(string name) => $"Products in {name} are computed with the same bits by other instructions, which is slower than F32.";
}
