using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Represents the operands of a kernel of 8-bit products. Distances are in bytes. The kernel uses it as scratch.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct Int8TileCall
{
    /// <summary>A group of 16 rows of weights, as <see cref="GroupedMatrix"/> lays it out, from some block on.</summary>
    internal byte* W;

    /// <summary>From one group to the next.</summary>
    internal nint Group;

    /// <summary>Rows of activations, as <see cref="Int8Inputs"/> lays them out, from the same block on.</summary>
    internal byte* X;

    /// <summary>[rows, 16 · groups] F32, rows <see cref="Line"/> apart.</summary>
    internal float* Y;
    internal nint Line;

    /// <summary>Number of blocks of 32 terms, at least 1.</summary>
    internal nint Blocks;

    /// <summary>Number of tiles, at least 1; the steps are added to the pointers after each.</summary>
    internal nint Repeats;
    internal nint WStep;
    internal nint XStep;
    internal nint YStep;

    /// <summary>0: sums start from 0. 1: they start from y.</summary>
    internal nint Add;
}

/// <summary>Computes y = x · wᵀ for some rows of x in 8 bits and one or two groups of 16 rows of w in Q8_0 or Q4_0.</summary>
/// <remarks>
/// For each block of 32 terms: n = start + Σ w · x in whole numbers, exact; y = float(n) · (scale of w · scale of x) + y, the product of
/// scales and the sum rounded once each. The order of blocks is the only order, so a row of y has the same bits alone and among others.
/// <see cref="Int8TileTwin"/> gives these bits on every processor; this kernel uses VPDPBUSD, which multiplies four columns of 16 rows of w
/// with four numbers of x.
/// Registers, with s = rows · groups: zmm0 to s − 1 sums, then s whole numbers, then a register of w per group (two in Q4_0), then products
/// of scales, then numbers of x; zmm31 is the mask of Q4_0. rax is w, rdx x, rsi counts blocks, r8 is the distance of groups.
/// </remarks>
static unsafe class Int8Tile
{
    /// <summary>Rows of x at most; more do not fit into the registers.</summary>
    internal const int MaxRows = 6;

    // Decoding reads every weight once: as far ahead as it takes memory to answer.
    const int Ahead = 4096;

    const int ScaleBytes = 2 * GroupedMatrix.GroupRows, RegisterBytes = 64;

    static readonly ConcurrentDictionary<(int Rows, int Groups, bool IsFourBit), nint> s_kernels = new();

    /// <summary>Computes tiles; the call is spent afterwards.</summary>
    /// <param name="rows">Rows of x, 1 to 6.</param>
    /// <param name="groups">Groups of w: 1 or 2.</param>
    /// <param name="isFourBit">Q4_0, rather than Q8_0.</param>
    /// <param name="call">Operands.</param>
    internal static void Compute(int rows, int groups, bool isFourBit, Int8TileCall* call)
    {
        nint kernel = AssembledCode.HasVnni ? s_kernels.GetOrAdd((rows, groups, isFourBit), Make) : 0;
        if (kernel != 0)
        {
            ((delegate* unmanaged<Int8TileCall*, void>)kernel)(call);
        }
        else
        {
            Int8TileTwin.Compute(rows, groups, isFourBit, call);
        }
    }

    static nint Make((int Rows, int Groups, bool IsFourBit) tile) => MachineCode.Make(
        $"int8 tile {tile.Rows}x{16 * tile.Groups} {(tile.IsFourBit ? "q4_0" : "q8_0")}",
        c => new Writer(c, tile.Rows, tile.Groups, tile.IsFourBit).Write());

    static int Offset(string field) => (int)Marshal.OffsetOf<Int8TileCall>(field);

    /// <summary>Writes the body of a kernel.</summary>
    sealed class Writer(Assembler c, int rows, int groups, bool isFourBit)
    {
        readonly int _sums = rows * groups;

        static AssemblerRegisterZMM Mask => zmm31;

        AssemblerRegisterZMM Scales => MachineCode.Z[2 * _sums + (isFourBit ? 2 : 1) * groups];

        AssemblerRegisterZMM Spread => MachineCode.Z[2 * _sums + (isFourBit ? 2 : 1) * groups + 1];

        int BlockBytes => ScaleBytes + RegisterBytes * (isFourBit ? 4 : 8);

        internal void Write()
        {
            Label repeat = c.CreateLabel(), zero = c.CreateLabel(), block = c.CreateLabel(), start = c.CreateLabel();
            c.mov(r8, __[rbx + Offset(nameof(Int8TileCall.Group))]);
            c.mov(r12, __[rbx + Offset(nameof(Int8TileCall.Line))]);
            if (isFourBit)
            {
                c.mov(eax, 0x0F0F0F0F);
                c.vpbroadcastd(Mask, eax);
            }
            c.Label(ref repeat);
            c.mov(rax, __[rbx + Offset(nameof(Int8TileCall.W))]);
            c.mov(rdx, __[rbx + Offset(nameof(Int8TileCall.X))]);
            c.mov(rsi, __[rbx + Offset(nameof(Int8TileCall.Blocks))]);
            c.cmp(__qword_ptr[rbx + Offset(nameof(Int8TileCall.Add))], 0);
            c.je(zero);
            ForResult((sum, at) => c.vmovups(sum, at));
            c.jmp(start);
            c.Label(ref zero);
            for (int i = 0; i < _sums; i++)
            {
                c.vpxord(MachineCode.Z[i], MachineCode.Z[i], MachineCode.Z[i]);
            }
            c.Label(ref start);
            c.nop();

            c.Label(ref block);
            Block();
            c.add(rax, BlockBytes);
            c.add(rdx, Int8Inputs.BytesPerRowAndBlock * rows);
            c.dec(rsi);
            c.jnz(block);

            ForResult((sum, at) => c.vmovups(at, sum));
            Advance(nameof(Int8TileCall.W), nameof(Int8TileCall.WStep));
            Advance(nameof(Int8TileCall.X), nameof(Int8TileCall.XStep));
            Advance(nameof(Int8TileCall.Y), nameof(Int8TileCall.YStep));
            c.dec(__qword_ptr[rbx + Offset(nameof(Int8TileCall.Repeats))]);
            c.jnz(repeat);
        }

        AssemblerRegisterZMM Sum(int row, int group) => MachineCode.Z[row * groups + group];

        AssemblerRegisterZMM Whole(int row, int group) => MachineCode.Z[_sums + row * groups + group];

        AssemblerRegisterZMM Weights(int group) => MachineCode.Z[2 * _sums + group];

        AssemblerRegisterZMM UpperWeights(int group) => MachineCode.Z[2 * _sums + groups + group];

        /// <summary>Moves each sum from or to its place in y.</summary>
        void ForResult(Action<AssemblerRegisterZMM, AssemblerMemoryOperand> move)
        {
            c.mov(rdi, __[rbx + Offset(nameof(Int8TileCall.Y))]);
            for (int row = 0; row < rows; row++)
            {
                for (int g = 0; g < groups; g++)
                {
                    move(Sum(row, g), __zmmword_ptr[rdi + RegisterBytes * g]);
                }
                c.add(rdi, r12);
            }
        }

        void Advance(string pointer, string step)
        {
            c.mov(r13, __[rbx + Offset(step)]);
            c.add(__[rbx + Offset(pointer)], r13);
        }

        void Block()
        {
            for (int row = 0; row < rows; row++)
            {
                for (int g = 0; g < groups; g++)
                {
                    c.vpbroadcastd(Whole(row, g), __dword_ptr[rdx + 36 * rows + 4 * row]);
                }
            }
            for (int j = 0; j < (isFourBit ? 4 : 8); j++)
            {
                Load(j);
                Products(j, Weights);
                if (isFourBit)
                {
                    Products(j + 4, UpperWeights);
                }
            }
            for (int g = 0; g < groups; g++)
            {
                c.vcvtph2ps(Weights(g), g == 0 ? __ymmword_ptr[rax] : __ymmword_ptr[rax + r8]);
            }
            for (int row = 0; row < rows; row++)
            {
                for (int g = 0; g < groups; g++)
                {
                    c.vcvtdq2ps(Whole(row, g), Whole(row, g));
                    c.vmulps(Scales, Weights(g), __dword_bcst[rdx + 32 * rows + 4 * row]);
                    c.vfmadd231ps(Sum(row, g), Whole(row, g), Scales);
                }
            }
        }

        /// <summary>Loads four columns of each group; in Q4_0 the four columns 16 further on come with them.</summary>
        void Load(int j)
        {
            for (int g = 0; g < groups; g++)
            {
                int at = ScaleBytes + RegisterBytes * j;
                c.vmovdqu32(Weights(g), g == 0 ? __zmmword_ptr[rax + at] : __zmmword_ptr[rax + r8 + at]);
                if (groups == 1)
                {
                    c.prefetcht0(__byte_ptr[rax + at + Ahead]);
                }
                if (isFourBit)
                {
                    c.vpsrlw(UpperWeights(g), Weights(g), 4);
                    c.vpandd(Weights(g), Weights(g), Mask);
                    c.vpandd(UpperWeights(g), UpperWeights(g), Mask);
                }
            }
        }

        void Products(int j, Func<int, AssemblerRegisterZMM> weights)
        {
            for (int row = 0; row < rows; row++)
            {
                int at = 4 * (j * rows + row);
                if (groups == 1)
                {
                    c.vpdpbusd(Whole(row, 0), weights(0), __dword_bcst[rdx + at]);
                    continue;
                }
                c.vpbroadcastd(Spread, __dword_ptr[rdx + at]);
                for (int g = 0; g < groups; g++)
                {
                    c.vpdpbusd(Whole(row, g), weights(g), Spread);
                }
            }
        }
    }
}
