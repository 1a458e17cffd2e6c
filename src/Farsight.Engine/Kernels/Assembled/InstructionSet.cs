using System.Runtime.Intrinsics.X86;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Reads from CPUID which instructions the processor has beyond .NET's intrinsics.</summary>
/// <remarks>That the system keeps 512-bit registers is part of .NET's own check of AVX-512. Source: Intel SDM, volume 2A, CPUID.</remarks>
static class InstructionSet
{
    /// <summary>VDPBF16PS: leaf 7, subleaf 1, EAX bit 5.</summary>
    internal static bool HasBf16 { get; } = Avx512BW.IsSupported && IsSet(Leaf(7, 1).Eax, 5);

    /// <summary>VPDPBUSD on 512 bits: leaf 7, ECX bit 11.</summary>
    internal static bool HasVnni { get; } = Avx512BW.IsSupported && IsSet(Leaf(7, 0).Ecx, 11);

    /// <summary>Tiles and TDPBF16PS: leaf 7, EDX bits 24 and 22. The system's permission is a separate matter.</summary>
    internal static bool HasAmxBf16 { get; } = Avx512BW.IsSupported && IsSet(Leaf(7, 0).Edx, 22) && IsSet(Leaf(7, 0).Edx, 24);

    static bool IsSet(int register, int bit) => ((register >> bit) & 1) != 0;

    static (int Eax, int Ebx, int Ecx, int Edx) Leaf(int leaf, int subleaf)
    {
        bool exists = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= leaf && (subleaf == 0 || X86Base.CpuId(leaf, 0).Eax >= subleaf);
        return exists ? X86Base.CpuId(leaf, subleaf) : default;
    }
}
