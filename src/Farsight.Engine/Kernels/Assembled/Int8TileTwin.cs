using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Computes what <see cref="Int8Tile"/> does, with the same bits, on every processor.</summary>
/// <remarks>Sums of whole numbers are exact in any order; the F32 operations are those of the kernel, in the same order.</remarks>
static unsafe class Int8TileTwin
{
    const int ScaleBytes = 2 * GroupedMatrix.GroupRows, Lanes = 8;

    internal static void Compute(int rows, int groups, bool isFourBit, Int8TileCall* call)
    {
        for (nint tile = 0; tile < call->Repeats; tile++)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int g = 0; g < groups; g++)
                {
                    byte* w = call->W + tile * call->WStep + g * call->Group, x = call->X + tile * call->XStep;
                    float* y = (float*)((byte*)call->Y + tile * call->YStep + row * call->Line) + GroupedMatrix.GroupRows * g;
                    for (int lane = 0; lane < GroupedMatrix.GroupRows; lane += Lanes)
                    {
                        EightRows(w, lane, x, row, rows, isFourBit, call->Blocks, y + lane, call->Add != 0);
                    }
                }
            }
        }
    }

    /// <summary>One row of x and eight rows of a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void EightRows(byte* w, int lane, byte* x, int row, int rows, bool isFourBit, nint blocks, float* y, bool add)
    {
        int registers = isFourBit ? 4 : 8;
        Vector256<byte> lowerHalf = Vector256.Create((byte)15);
        Vector256<float> sum = add ? Vector256.Load(y) : default;
        for (nint block = 0; block < blocks; block++)
        {
            int* numbers = (int*)x + row;
            Vector256<int> whole = Vector256.Create(numbers[9 * rows]);
            for (int j = 0; j < registers; j++)
            {
                Vector256<byte> bytes = Vector256.Load(w + ScaleBytes + 64 * j + 4 * lane);
                whole = Add(whole, isFourBit ? bytes & lowerHalf : bytes, numbers[j * rows]);
                if (isFourBit)
                {
                    whole = Add(whole, (bytes.AsUInt16() >> 4).AsByte() & lowerHalf, numbers[(j + 4) * rows]);
                }
            }
            Vector256<float> scales = HalfLanes.Load(ref *(w + 2 * lane), 0, default(Vector256<float>)) * ((float*)numbers)[8 * rows];
            sum = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(whole), scales, sum);
            w += ScaleBytes + 64 * registers;
            x += Int8Inputs.BytesPerRowAndBlock * rows;
        }
        sum.Store(y);
    }

    /// <summary>sum[i] + Σ over k of the four bytes of lane i times the four signed bytes of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> Add(Vector256<int> sum, Vector256<byte> weights, int x)
    {
        Vector256<sbyte> four = Vector256.Create(x).AsSByte();
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sum, weights, four);
        }
        (Vector256<short> low, Vector256<short> high) = (Vector256.WidenLower(weights).AsInt16(), Vector256.WidenUpper(weights).AsInt16());
        Vector256<short> signed = Vector256.WidenLower(four);
        if (Avx2.IsSupported)
        {
            // Lanes 0 1 4 5 and 2 3 6 7 come out side by side.
            Vector256<int> sums = Avx2.HorizontalAdd(Avx2.MultiplyAddAdjacent(low, signed), Avx2.MultiplyAddAdjacent(high, signed));
            return sum + Avx2.Permute4x64(sums.AsInt64(), 0b11_01_10_00).AsInt32();
        }
        Vector256<int> total = sum;
        for (int i = 0; i < Lanes; i++)
        {
            int lane = 0;
            for (int k = 0; k < 4; k++)
            {
                lane += weights.GetElement(4 * i + k) * four.GetElement(k);
            }
            total = total.WithElement(i, total.GetElement(i) + lane);
        }
        return total;
    }
}
