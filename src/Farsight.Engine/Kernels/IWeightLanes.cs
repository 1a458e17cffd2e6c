using System.Runtime.Intrinsics;

namespace Farsight.Engine.Kernels;

/// <summary>A storage format as registers of floats, at one register width. Exact: the values are those of Widen.</summary>
/// <remarks>Rows are taken in blocks of 32 values, also in formats that have no blocks; what is left of a row is not for here.</remarks>
/// <typeparam name="TVector">Vector512, Vector256 or Vector128 of floats.</typeparam>
interface IWeightLanes<TVector>
    where TVector : struct
{
    /// <summary>Bytes from one block of 32 values to the next.</summary>
    static abstract int BytesPerBlock { get; }

    /// <summary>What the numbers of a block are multiplied with; 1 in formats without scales.</summary>
    static abstract float Scale(ref byte block);

    /// <summary>The values from <paramref name="index"/> on, a multiple of the register's width.</summary>
    /// <param name="block">First byte of the block.</param>
    /// <param name="index">0 … 31.</param>
    /// <param name="scale">The block's scale in every lane.</param>
    static abstract TVector Load(ref byte block, int index, TVector scale);
}

/// <summary>A format at every width.</summary>
interface IWeightLanes : IWeightLanes<Vector512<float>>, IWeightLanes<Vector256<float>>, IWeightLanes<Vector128<float>>;
