using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Machine;

/// <summary>Says which kernels this process assembles for instructions that .NET does not have.</summary>
public static class AssembledKernels
{
    /// <summary>Why no kernel can be assembled; null if kernels can.</summary>
    public static string? Refusal => AssembledCode.Refusal;

    /// <summary>Instructions in use: some of VDPBF16PS and VPDPBUSD.</summary>
    public static IReadOnlyList<string> Instructions =>
        [.. new[] { Arithmetic.BF16, Arithmetic.Q8 }.Where(IsInUse).Select(InstructionOf)];

    /// <summary>Returns a sentence for people if an arithmetic is computed without its instruction; null if it is not.</summary>
    public static string? NoticeOf(Arithmetic arithmetic)
    {
        if (arithmetic == Arithmetic.F32 || IsInUse(arithmetic))
        {
            return null;
        }
        string cause = Refusal is { } refusal ? $"Kernels cannot be assembled, because {refusal}"
            : $"The processor has no {InstructionOf(arithmetic)}";
        return $"{cause}. Products in {arithmetic.Name()} are computed with the same bits by other instructions, which is slower than F32.";
    }

    static bool IsInUse(Arithmetic arithmetic) => arithmetic == Arithmetic.BF16 ? AssembledCode.HasBf16 : AssembledCode.HasVnni;

    static string InstructionOf(Arithmetic arithmetic) => arithmetic == Arithmetic.BF16 ? "VDPBF16PS" : "VPDPBUSD on 512 bits";
}
