using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Farsight.Engine.Kernels;

/// <summary>Transposes 16 × 16 words in registers; needs AVX-512.</summary>
static unsafe class WordTranspose
{
    internal const int Words = 16;

    /// <summary>words[k][i] = words[i][k].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void InPlace(Vector512<uint>* words)
    {
        // Words, then pairs of words, within each quarter of a register ...
        Vector512<uint>* q = stackalloc Vector512<uint>[Words];
        for (int i = 0; i < Words; i += 4)
        {
            Vector512<ulong> a = Avx512F.UnpackLow(words[i], words[i + 1]).AsUInt64();
            Vector512<ulong> b = Avx512F.UnpackHigh(words[i], words[i + 1]).AsUInt64();
            Vector512<ulong> c = Avx512F.UnpackLow(words[i + 2], words[i + 3]).AsUInt64();
            Vector512<ulong> d = Avx512F.UnpackHigh(words[i + 2], words[i + 3]).AsUInt64();
            q[i] = Avx512F.UnpackLow(a, c).AsUInt32();
            q[i + 1] = Avx512F.UnpackHigh(a, c).AsUInt32();
            q[i + 2] = Avx512F.UnpackLow(b, d).AsUInt32();
            q[i + 3] = Avx512F.UnpackHigh(b, d).AsUInt32();
        }
        // ... then the quarters: q[4 g + j] has the words j, 4 + j, 8 + j and 12 + j of rows 4 g to 4 g + 3.
        const byte Even = 0x88, Odd = 0xDD;
        for (int j = 0; j < 4; j++)
        {
            Vector512<uint> even = Avx512F.Shuffle4x128(q[j], q[4 + j], Even), odd = Avx512F.Shuffle4x128(q[j], q[4 + j], Odd);
            Vector512<uint> evenLater = Avx512F.Shuffle4x128(q[8 + j], q[12 + j], Even);
            Vector512<uint> oddLater = Avx512F.Shuffle4x128(q[8 + j], q[12 + j], Odd);
            words[j] = Avx512F.Shuffle4x128(even, evenLater, Even);
            words[4 + j] = Avx512F.Shuffle4x128(odd, oddLater, Even);
            words[8 + j] = Avx512F.Shuffle4x128(even, evenLater, Odd);
            words[12 + j] = Avx512F.Shuffle4x128(odd, oddLater, Odd);
        }
    }
}
