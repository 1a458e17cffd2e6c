using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Computes what <see cref="Bf16Tile"/> does, with the same bits, on every processor.</summary>
/// <remarks>
/// Every multiply-add rounds once. Where VDPBF16PS takes subnormal numbers for zero, this class sets them to zero, with their sign.
/// </remarks>
static unsafe class Bf16TileTwin
{
    // Sums of four rows and one register of columns wait for each other's latency without leaving 16 registers.
    const int RowsAtOnce = 4;

    internal static void Compute(Bf16TileCall* call)
    {
        for (nint tile = 0; tile < call->Tiles; tile++)
        {
            for (int row = 0; row < Bf16Tile.Rows; row += RowsAtOnce)
            {
                byte* a = call->A + (tile * Bf16Tile.Rows + row) * call->Line;
                byte* c = (byte*)call->C + (tile * Bf16Tile.Rows + row) * call->Stride;
                for (int column = 0; column < Bf16Tile.Columns; column += Vector256<float>.Count)
                {
                    FourRows(call, a, call->B + 4 * column, (float*)c + column);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void FourRows(Bf16TileCall* call, byte* a, byte* b, float* c)
    {
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
        nint line = call->Line;
        for (nint pair = 0; pair < call->Pairs; pair++)
        {
            Vector256<uint> words = Vector256.Load((uint*)b);
            Vector256<float> first = First(words), second = Second(words);
            s0 = Step(*(uint*)a, first, second, s0);
            s1 = Step(*(uint*)(a + line), first, second, s1);
            s2 = Step(*(uint*)(a + 2 * line), first, second, s2);
            s3 = Step(*(uint*)(a + 3 * line), first, second, s3);
            a += call->Step;
            b += 4 * Bf16Tile.Columns;
        }
        Store(s0, c, call);
        Store(s1, (float*)((byte*)c + call->Stride), call);
        Store(s2, (float*)((byte*)c + 2 * call->Stride), call);
        Store(s3, (float*)((byte*)c + 3 * call->Stride), call);
    }

    /// <summary>The second number of the pair is added before the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Step(uint pair, Vector256<float> first, Vector256<float> second, Vector256<float> sum)
    {
        Vector256<uint> words = Vector256.Create(pair);
        return Flush(Vector256.FusedMultiplyAdd(First(words), first, Flush(Vector256.FusedMultiplyAdd(Second(words), second, sum))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> First(Vector256<uint> words) => Flush((words << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Second(Vector256<uint> words) => Flush((words & Vector256.Create(0xFFFF0000u)).AsSingle());

    /// <summary>Sets subnormal numbers to zero and keeps their sign, infinities and NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Flush(Vector256<float> x)
    {
        const uint Sign = 0x80000000, SmallestNormal = 0x00800000;
        Vector256<uint> bits = x.AsUInt32();
        Vector256<uint> isSmall = Vector256.LessThan(bits & Vector256.Create(~Sign), Vector256.Create(SmallestNormal));
        return Vector256.ConditionalSelect(isSmall, bits & Vector256.Create(Sign), bits).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Vector256<float> sum, float* c, Bf16TileCall* call) => (call->Add != 0 ? sum + Vector256.Load(c) : sum).Store(c);
}
