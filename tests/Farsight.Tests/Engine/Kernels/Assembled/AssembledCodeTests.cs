using System.Text.Json.Nodes;
using Farsight.Engine.Kernels.Assembled;

namespace Farsight.Tests.Engine.Kernels.Assembled;

public sealed class AssembledCodeTests
{
    /// <summary>Runs where a process can forbid itself executable memory.</summary>
    sealed class RefusalFactAttribute : FactAttribute
    {
        public RefusalFactAttribute() => Skip = ChildProgram.CanRefuse && AssembledCode.Refusal is null ? null : "A process can forbid itself executable memory on Linux 6.3 and later.";
    }

    // Without tiers, .NET compiles nothing in the background.
    [RefusalFact]
    public async Task A_system_that_refuses_executable_memory_is_quoted()
    {
        (int code, string output, string error) = await ChildProgram.Run(
            "refused", ("DOTNET_TieredCompilation", "0"), (AssembledCode.Switch, "1"));

        Assert.Equal("", error);
        Assert.Equal(0, code);
        string[] lines = output.TrimEnd().Split('\n');
        string reason = lines[0]["before: ".Length..];
        Assert.Equal($"after: the system refuses executable memory ({reason}){reason}", lines[1]);
    }

    [Fact]
    public async Task Without_assembled_kernels_the_twins_compute_and_the_reason_is_told()
    {
        (int code, string output, string error) = await ChildProgram.Run("twins", (AssembledCode.Switch, "0"));

        Assert.Equal("", error);
        Assert.Equal(0, code);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal("FARSIGHT_ASSEMBLED is 0", lines[0]);
        Assert.Equal($"Kernels cannot be assembled, because FARSIGHT_ASSEMBLED is 0. {Slow("bf16")}", lines[1]);
        Assert.Equal($"Kernels cannot be assembled, because FARSIGHT_ASSEMBLED is 0. {Slow("q8")}", lines[2]);
        Assert.Equal("False 8", lines[3]);
        Assert.Contains("assembled  none, because FARSIGHT_ASSEMBLED is 0", lines);
        JsonNode json = JsonNode.Parse(lines[^1])!;
        Assert.Equal("FARSIGHT_ASSEMBLED is 0", (string?)json["assembled_refusal"]);
        Assert.Empty(json["assembled"]!.AsArray());
    }

    static string Slow(string name) => $"Products in {name} are computed with the same bits by other instructions, which is slower than F32.";
}
