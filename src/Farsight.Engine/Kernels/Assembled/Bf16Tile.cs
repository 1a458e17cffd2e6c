using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Represents the operands of a column of BF16 tiles. Distances are in bytes. The kernel uses it as scratch.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct Bf16TileCall
{
    /// <summary>a[r, pair] is r · <see cref="Line"/> + pair · <see cref="Step"/> further on: two BF16, the first one lower.</summary>
    internal byte* A;
    internal nint Line;
    internal nint Step;

    /// <summary>[pairs, 32, 2] BF16, packed.</summary>
    internal byte* B;

    /// <summary>[8 · tiles, 32] F32, rows <see cref="Stride"/> apart.</summary>
    internal float* C;
    internal nint Stride;

    /// <summary>Half the depth, at least 1.</summary>
    internal nint Pairs;

    /// <summary>Number of tiles below each other that meet the same b, at least 1.</summary>
    internal nint Tiles;

    /// <summary>0: overwrite c. 1: add to it.</summary>
    internal nint Add;
}

/// <summary>Computes c (+)= a · b for tiles of 8 rows × 32 columns: BF16 numbers, F32 sums in registers.</summary>
/// <remarks>
/// For each pair of the depth: s = a₁ · b₁ + s, then s = a₀ · b₀ + s, each rounded once; subnormal numbers count as zero, also as results.
/// After all pairs s is stored, or added to c. That is VDPBF16PS, which takes 16 columns at once; <see cref="Bf16TileTwin"/> gives the same
/// bits without it. Source of its semantics: Intel SDM, volume 2, VDPBF16PS, and the tests.
/// Registers: zmm0–15 sums [row, half], zmm16–17 a row of b, zmm18–31 pairs of a in every lane. rax and rdx point to rows 0 and 5 of a,
/// r8 and r9 are one and three lines, r10 the step, r11 b, rsi counts pairs, rdi is c, r12 its stride.
/// </remarks>
static unsafe class Bf16Tile
{
    internal const int Rows = 8, Columns = 32;

    const int Vectors = Columns / 16, Sums = Rows * Vectors, Broadcasts = 32 - Sums - Vectors;

    static readonly Lazy<nint> s_kernel = new(() => AssembledCode.HasBf16 ? MachineCode.Make("bf16 tile 8x32", Write) : 0);

    /// <summary>Whether the assembled kernel is in use, rather than its twin.</summary>
    internal static bool IsAssembled => s_kernel.Value != 0;

    /// <summary>Computes a column of tiles; the call is spent afterwards.</summary>
    internal static void Compute(Bf16TileCall* call)
    {
        if (s_kernel.Value is not 0 and nint kernel)
        {
            ((delegate* unmanaged<Bf16TileCall*, void>)kernel)(call);
        }
        else
        {
            Bf16TileTwin.Compute(call);
        }
    }

    /// <summary>Writes the body of the kernel.</summary>
    internal static void Write(Assembler c)
    {
        Label tile = c.CreateLabel(), pair = c.CreateLabel(), next = c.CreateLabel(), addTo = c.CreateLabel();
        c.mov(r8, __[rbx + Offset(nameof(Bf16TileCall.Line))]);
        c.lea(r9, __[r8 + r8 * 2]);
        c.mov(r10, __[rbx + Offset(nameof(Bf16TileCall.Step))]);

        c.Label(ref tile);
        c.mov(rax, __[rbx + Offset(nameof(Bf16TileCall.A))]);
        c.lea(rdx, __[rax + r8 * 4]);
        c.add(rdx, r8);
        c.mov(r11, __[rbx + Offset(nameof(Bf16TileCall.B))]);
        c.mov(rsi, __[rbx + Offset(nameof(Bf16TileCall.Pairs))]);
        c.mov(rdi, __[rbx + Offset(nameof(Bf16TileCall.C))]);
        c.mov(r12, __[rbx + Offset(nameof(Bf16TileCall.Stride))]);
        Prefetch(c);
        for (int i = 0; i < Sums; i++)
        {
            c.vpxord(MachineCode.Z[i], MachineCode.Z[i], MachineCode.Z[i]);
        }

        c.Label(ref pair);
        for (int v = 0; v < Vectors; v++)
        {
            c.vmovups(Right(v), __zmmword_ptr[r11 + 64 * v]);
        }
        for (int row = 0; row < Rows; row++)
        {
            c.vbroadcastss(Left(row), OfRow(row));
            for (int v = 0; v < Vectors; v++)
            {
                c.vdpbf16ps(Sum(row, v), Right(v), Left(row));
            }
        }
        c.add(rax, r10);
        c.add(rdx, r10);
        c.add(r11, 64 * Vectors);
        c.dec(rsi);
        c.jnz(pair);

        c.cmp(__qword_ptr[rbx + Offset(nameof(Bf16TileCall.Add))], 0);
        c.jne(addTo);
        Store(c, adds: false);
        c.jmp(next);
        c.Label(ref addTo);
        Store(c, adds: true);
        c.Label(ref next);
        c.mov(__[rbx + Offset(nameof(Bf16TileCall.C))], rdi);
        c.imul(rax, r8, Rows);
        c.add(__[rbx + Offset(nameof(Bf16TileCall.A))], rax);
        c.dec(__qword_ptr[rbx + Offset(nameof(Bf16TileCall.Tiles))]);
        c.jnz(tile);
    }

    /// <summary>Asks for the rows of c, which come from far away and are needed after the sums.</summary>
    static void Prefetch(Assembler c)
    {
        c.mov(r13, rdi);
        for (int row = 0; row < Rows; row++)
        {
            for (int v = 0; v < Vectors; v++)
            {
                c.prefetcht0(__byte_ptr[r13 + 64 * v]);
            }
            c.add(r13, r12);
        }
    }

    /// <summary>Stores the sums and leaves rdi behind the last row of the tile.</summary>
    static void Store(Assembler c, bool adds)
    {
        for (int row = 0; row < Rows; row++)
        {
            for (int v = 0; v < Vectors; v++)
            {
                if (adds)
                {
                    c.vaddps(Sum(row, v), Sum(row, v), __zmmword_ptr[rdi + 64 * v]);
                }
                c.vmovups(__zmmword_ptr[rdi + 64 * v], Sum(row, v));
            }
            c.add(rdi, r12);
        }
    }

    static AssemblerRegisterZMM Sum(int row, int vector) => MachineCode.Z[row * Vectors + vector];

    static AssemblerRegisterZMM Right(int vector) => MachineCode.Z[Sums + vector];

    static AssemblerRegisterZMM Left(int row) => MachineCode.Z[32 - Broadcasts + row];

    /// <summary>Five rows can be reached from one pointer: 0, 1, 2, 3 and 4 lines further on.</summary>
    static AssemblerMemoryOperand OfRow(int row)
    {
        AssemblerRegister64 first = row < 5 ? rax : rdx;
        return (row % 5) switch
        {
            0 => __dword_ptr[first],
            1 => __dword_ptr[first + r8],
            2 => __dword_ptr[first + r8 * 2],
            3 => __dword_ptr[first + r9],
            _ => __dword_ptr[first + r8 * 4],
        };
    }

    static int Offset(string field) => (int)Marshal.OffsetOf<Bf16TileCall>(field);
}
