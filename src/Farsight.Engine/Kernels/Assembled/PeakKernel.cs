using Farsight.Engine.Numerics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Repeats one instruction in registers only, to measure what the processor can do at best.</summary>
/// <remarks>
/// Registers: zmm0–15 sums, enough to hide the latency of two units; zmm16–17 factors, zeros. rax counts rounds of four times all sums.
/// </remarks>
static unsafe class PeakKernel
{
    const int Sums = 16, Repeats = 4;

    static readonly Lazy<nint> s_bf16 = new(() => Make(AssembledCode.HasBf16, "peak bf16", Arithmetic.BF16));
    static readonly Lazy<nint> s_q8 = new(() => Make(AssembledCode.HasVnni, "peak int8", Arithmetic.Q8));

    /// <summary>Whether the instruction of an arithmetic can be used: VDPBF16PS or VPDPBUSD.</summary>
    internal static bool Has(Arithmetic arithmetic) => KernelOf(arithmetic) != 0;

    /// <summary>Operations of one round; a multiply-add is two. An instruction has 32 of them in BF16, and 64 in 8-bit integers.</summary>
    internal static double OperationsPerRound(Arithmetic arithmetic) => Repeats * Sums * 2 * (arithmetic == Arithmetic.BF16 ? 32 : 64);

    /// <summary>Runs a number of rounds.</summary>
    internal static void Run(Arithmetic arithmetic, long rounds) => ((delegate* unmanaged<long*, void>)KernelOf(arithmetic))(&rounds);

    static nint Make(bool exists, string name, Arithmetic arithmetic) => exists ? MachineCode.Make(name, c => Write(c, arithmetic)) : 0;

    static nint KernelOf(Arithmetic arithmetic) => arithmetic == Arithmetic.BF16 ? s_bf16.Value : s_q8.Value;

    static void Write(Assembler c, Arithmetic arithmetic)
    {
        Label round = c.CreateLabel();
        c.mov(rax, __[rbx]);
        for (int i = 0; i <= Sums + 1; i++)
        {
            c.vpxord(MachineCode.Z[i], MachineCode.Z[i], MachineCode.Z[i]);
        }
        c.Label(ref round);
        for (int i = 0; i < Repeats * Sums; i++)
        {
            if (arithmetic == Arithmetic.BF16)
            {
                c.vdpbf16ps(MachineCode.Z[i % Sums], zmm16, zmm17);
            }
            else
            {
                c.vpdpbusd(MachineCode.Z[i % Sums], zmm16, zmm17);
            }
        }
        c.dec(rax);
        c.jnz(round);
    }
}
