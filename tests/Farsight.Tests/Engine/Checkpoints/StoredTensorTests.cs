using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Files;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>Tensors stored in blocks of values; <see cref="SafetensorsTests"/> has those that store each value by itself.</summary>
public sealed class StoredTensorTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly MappedFile _file;
    readonly byte[] _bytes;

    /// <summary>Two blocks of Q8_0, each a half-precision scale and 32 bytes, behind four bytes of something else.</summary>
    public StoredTensorTests()
    {
        byte[] first = [.. BitConverter.GetBytes((Half)1), .. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] second = [.. BitConverter.GetBytes((Half)0.5), .. Enumerable.Range(0, 32).Select(i => (byte)(10 + i))];
        _bytes = [.. first, .. second];
        File.WriteAllBytes(_folder["a"], [9, 9, 9, 9, .. _bytes]);
        _file = MappedFile.Open(_folder["a"]);
    }

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Values_are_read_across_blocks_from_any_place()
    {
        StoredTensor tensor = Tensor(2, 32);
        float[] values = new float[4];

        tensor.Read(30, values);

        Assert.Equal([30, 31, 5, 5.5f], values); // 10/2 and 11/2
        tensor.Read(60, values);
        Assert.Equal([19, 19.5f, 20, 20.5f], values);
        Assert.Equal((64, 68L, NumberFormat.Q8_0), (tensor.Count, tensor.ByteCount, tensor.Format));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Read(61, new float[4]));
    }

    [Fact]
    public void Bytes_are_given_for_whole_blocks_only()
    {
        StoredTensor tensor = Tensor(2, 32);

        Assert.Equal(_bytes, tensor.Bytes.ToArray());
        Assert.Equal(_bytes[34..], tensor.BytesOf(32, 32).ToArray());
        Assert.Equal(_bytes, tensor.BytesOf(0, 64).ToArray());
        Assert.Throws<ArgumentException>(() => tensor.BytesOf(1, 32).Length);
        Assert.Throws<ArgumentException>(() => tensor.BytesOf(0, 33).Length);
    }

    [Fact]
    public void A_range_that_reaches_into_the_next_tensor_is_refused()
    {
        StoredTensor first = new(_file, _folder["a"], "a", GgufTensorType.Of(8)!, [1, 32], 4, 34);

        Assert.Throws<ArgumentOutOfRangeException>(() => first.BytesOf(0, 64).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => first.BytesOf(32, 32).Length);
    }

    [Fact]
    public void A_row_that_ends_inside_a_block_has_no_bytes()
    {
        Assert.Equal(_bytes[34..], Tensor(2, 32).Row(1).Bytes.ToArray());
        Assert.True(Tensor(4, 16).Row(1).Bytes.IsEmpty);
    }

    [Fact]
    public void A_part_is_a_matrix_of_the_slowest_extent()
    {
        StoredTensor part = Tensor(2, 4, 8).Part(1);

        Assert.Equal([4, 8], part.Shape);
        Assert.Equal(34, part.ByteCount);
        Assert.Equal(Enumerable.Range(10, 32).Select(i => i / 2f), part.ReadFloats());
    }

    [Fact]
    public void Another_name_changes_nothing_else()
    {
        StoredTensor tensor = Tensor(2, 32), other = tensor.Named("b");

        Assert.Same(tensor, tensor.Named("a"));
        Assert.Equal(("b", "Q8_0", 64L), (other.Name, other.DType, other.Count));
        Assert.Equal(tensor.ReadFloats(), other.ReadFloats());
    }

    StoredTensor Tensor(params int[] shape) => new(_file, _folder["a"], "a", GgufTensorType.Of(8)!, shape, 4, 68);
}
