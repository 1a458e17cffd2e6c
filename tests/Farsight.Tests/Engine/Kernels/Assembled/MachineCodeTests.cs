using Farsight.Engine.Kernels.Assembled;

namespace Farsight.Tests.Engine.Kernels.Assembled;

public sealed class MachineCodeTests
{
    static readonly string[] s_push = ["push rbp", "mov rbp,rsp", "push rbx", "push rsi", "push rdi", "push r12", "push r13", "push r14"];

    static readonly string[] s_pop = ["pop r14", "pop r13", "pop r12", "pop rdi", "pop rsi", "pop rbx", "pop rbp", "ret"];

    [Fact]
    public void On_Linux_and_macOS_the_argument_comes_in_rdi() =>
        Assert.Equal([.. s_push, "mov rbx,rdi", "nop", "vzeroupper", .. s_pop], Instructions(windows: false));

    [Fact]
    public void On_Windows_the_argument_comes_in_rcx_and_xmm6_to_15_are_saved()
    {
        string[] save = [.. Enumerable.Range(0, 10).Select(i => $"vmovups [{Place(i)}],xmm{6 + i}")];
        string[] restore = [.. Enumerable.Range(0, 10).Select(i => $"vmovups xmm{6 + i},[{Place(i)}]")];

        Assert.Equal(
            [.. s_push, "sub rsp,0A0h", .. save, "mov rbx,rcx", "nop", "vzeroupper", .. restore, "add rsp,0A0h", .. s_pop],
            Instructions(windows: true));
    }

    static string Place(int i) => i == 0 ? "rsp" : i == 10 ? "rsp+0A0h" : $"rsp+{(16 * i).ToString("X2").TrimStart('0').PadLeft(2, '0')}h";

    static string[] Instructions(bool windows) => [.. AmxEmulator.Decode(MachineCode.Assemble(c => c.nop(), windows)).Select(i => $"{i}")];
}
