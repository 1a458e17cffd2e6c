using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Computes c (+)= a · b for tiles of 32 rows × 32 columns with TDPBF16PS (AMX). Never run on a processor that has it.</summary>
/// <remarks>
/// For each block of 16 pairs of the depth: e = Σ a₀ · b₀ and o = Σ a₁ · b₁ over the block, both from zero with one rounding per term,
/// then s = s + (e + o); subnormal numbers count as zero. These are not the bits of VDPBF16PS, which adds every term to s itself.
/// <see cref="Numerics.Arithmetic.BF16"/> promises the latter on every processor, so no product selects this kernel.
/// Operands are those of <see cref="Bf16Tile"/>, with a in rows, a number of pairs that is a multiple of 16, and 32 rows in a tile.
/// Registers: tmm0–3 sums [half of the rows, half of the columns], tmm4–5 16 rows × 16 pairs of a, tmm6–7 16 pairs × 16 columns of b.
/// rax and rdx point to rows 0 and 16 of a, r8 is a line, r10 a row of b, r11 is b, rsi counts pairs, rdi and r13 are rows 0 and 16 of c,
/// r12 its stride. A call configures the tiles and releases them, so that threads have nothing to save between calls.
/// Source: Intel SDM, volume 2, TDPBF16PS, LDTILECFG.
/// </remarks>
static unsafe class AmxTile
{
    internal const int Rows = 32, Columns = 32, PairsPerStep = 16;

    const int Half = 16, TileBytes = 64, RightRow = 4 * Columns;

    static readonly Lazy<nint> s_kernel = new(() =>
        InstructionSet.HasAmxBf16 && AssembledCode.Refusal is null && TilePermission.Request()
            ? MachineCode.Make("amx tile 32x32", Write)
            : 0);

    /// <summary>Whether the processor has the instruction and the system permits the tiles, for which this property asks.</summary>
    internal static bool IsSupported => s_kernel.Value != 0;

    /// <summary>Computes a column of tiles; the call is spent afterwards.</summary>
    /// <exception cref="ArgumentException">a does not lie in rows, or the number of pairs is not a multiple of 16.</exception>
    /// <exception cref="PlatformNotSupportedException">There is no such kernel here.</exception>
    internal static void Compute(Bf16TileCall* call)
    {
        if (call->Step != sizeof(uint) || call->Pairs % PairsPerStep != 0)
        {
            throw new ArgumentException("Tiles of AMX need a in rows and a multiple of 16 pairs.", nameof(call));
        }
        if (!IsSupported)
        {
            throw new PlatformNotSupportedException("The processor has no TDPBF16PS, or the system does not permit it.");
        }
        ((delegate* unmanaged<Bf16TileCall*, void>)s_kernel.Value)(call);
    }

    /// <summary>Writes the body of the kernel.</summary>
    internal static void Write(Assembler c)
    {
        Label tile = c.CreateLabel(), zero = c.CreateLabel(), step = c.CreateLabel();
        Configure(c);
        c.mov(r8, __[rbx + Offset(nameof(Bf16TileCall.Line))]);
        c.mov(r12, __[rbx + Offset(nameof(Bf16TileCall.Stride))]);
        c.mov(r10, RightRow);

        c.Label(ref tile);
        c.mov(rax, __[rbx + Offset(nameof(Bf16TileCall.A))]);
        c.imul(rdx, r8, Half);
        c.add(rdx, rax);
        c.mov(r11, __[rbx + Offset(nameof(Bf16TileCall.B))]);
        c.mov(rsi, __[rbx + Offset(nameof(Bf16TileCall.Pairs))]);
        c.mov(rdi, __[rbx + Offset(nameof(Bf16TileCall.C))]);
        c.imul(r13, r12, Half);
        c.add(r13, rdi);
        c.cmp(__qword_ptr[rbx + Offset(nameof(Bf16TileCall.Add))], 0);
        c.je(zero);
        ForSums((sum, place) => c.tileloadd(sum, place));
        c.jmp(step);
        c.Label(ref zero);
        ForSums((sum, _) => c.tilezero(sum));

        c.Label(ref step);
        c.tileloadd(tmm4, __[rax + r8]);
        c.tileloadd(tmm6, __[r11 + r10]);
        c.tdpbf16ps(tmm0, tmm4, tmm6);
        c.tileloadd(tmm7, __[r11 + r10 + TileBytes]);
        c.tdpbf16ps(tmm1, tmm4, tmm7);
        c.tileloadd(tmm5, __[rdx + r8]);
        c.tdpbf16ps(tmm2, tmm5, tmm6);
        c.tdpbf16ps(tmm3, tmm5, tmm7);
        c.add(rax, TileBytes);
        c.add(rdx, TileBytes);
        c.add(r11, PairsPerStep * RightRow);
        c.sub(rsi, PairsPerStep);
        c.jnz(step);

        ForSums((sum, place) => c.tilestored(place, sum));
        Advance(c, nameof(Bf16TileCall.C), r12);
        Advance(c, nameof(Bf16TileCall.A), r8);
        c.dec(__qword_ptr[rbx + Offset(nameof(Bf16TileCall.Tiles))]);
        c.jnz(tile);
        c.tilerelease();
        c.add(rsp, TileBytes);
    }

    /// <summary>Loads the configuration, 64 bytes: palette 1, eight tiles of 16 rows of 64 bytes. It lies at rsp.</summary>
    static void Configure(Assembler c)
    {
        const int Tiles = 8, Widths = 16, Heights = 48;
        c.sub(rsp, TileBytes);
        c.vpxord(zmm0, zmm0, zmm0);
        c.vmovups(__zmmword_ptr[rsp], zmm0);
        c.mov(__byte_ptr[rsp], 1);
        for (int t = 0; t < Tiles; t++)
        {
            c.mov(__word_ptr[rsp + Widths + 2 * t], TileBytes);
            c.mov(__byte_ptr[rsp + Heights + t], Half);
        }
        c.ldtilecfg(__[rsp]);
    }

    static void ForSums(Action<AssemblerRegisterTMM, AssemblerMemoryOperand> write)
    {
        write(tmm0, __[rdi + r12]);
        write(tmm1, __[rdi + r12 + TileBytes]);
        write(tmm2, __[r13 + r12]);
        write(tmm3, __[r13 + r12 + TileBytes]);
    }

    /// <summary>Moves a pointer of the call by 32 lines.</summary>
    static void Advance(Assembler c, string pointer, AssemblerRegister64 line)
    {
        c.imul(r14, line, Rows);
        c.add(__[rbx + Offset(pointer)], r14);
    }

    static int Offset(string field) => (int)Marshal.OffsetOf<Bf16TileCall>(field);
}

/// <summary>Requests the state of AMX's tiles, which a system saves only for processes that ask.</summary>
static partial class TilePermission
{
    const int TileData = 18; // number of the state in XCR0

    /// <summary>Returns whether the system permits tiles in every thread of the process from now on.</summary>
    /// <remarks>Linux: arch_prctl(ARCH_REQ_XCOMP_PERM), since 5.16. Windows 11 and Server 2022: the function called here.</remarks>
    internal static bool Request()
    {
        const int ArchPrctl = 158, RequestPermission = 0x1023;
        try
        {
            return OperatingSystem.IsLinux() ? SystemCall(ArchPrctl, RequestPermission, TileData) == 0
                : OperatingSystem.IsWindows() && EnableProcessOptionalXStateFeatures(1ul << TileData);
        }
        catch (EntryPointNotFoundException)
        {
            return false; // an older Windows
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint first, nint second);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool EnableProcessOptionalXStateFeatures(ulong mask);
}
