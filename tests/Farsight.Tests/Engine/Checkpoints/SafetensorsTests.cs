using System.Buffers.Binary;
using System.Text;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Engine.Checkpoints;

public sealed class SafetensorsTests
{
    [Theory]
    [InlineData(NumberFormat.F32)]
    [InlineData(NumberFormat.F16)]
    [InlineData(NumberFormat.BF16)]
    public void What_is_written_is_read(NumberFormat format)
    {
        using TemporaryFolder folder = new();
        float[] values = [.. TestData.Normal(7 * 5, 1).Select(v => BitConverter.UInt32BitsToSingle((uint)Narrow.ToBFloat16(v) << 16))];
        Rows rows = Rows.Allocate(7, 5);
        values.CopyTo(rows.Span);

        SafetensorsWriter.Write(
            folder["a"],
            [
                TensorToWrite.From("b.weight", format, rows),
                TensorToWrite.From("a", format, [1.5f], [1]),
                TensorToWrite.From("empty", format, [], 0, 3),
                TensorToWrite.From("one", format, [2f]),
            ]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["a"]);

        StoredTensor tensor = file.Tensors["b.weight"];
        float[] part = new float[12];
        tensor.Read(3, part);
        Assert.Equal(values[3..15], part);
        Assert.Equal(values, tensor.ReadFloats());
        Assert.Equal([7, 5], tensor.Shape);
        Assert.Equal(format, tensor.Format);
        Assert.Equal([1.5], file.Tensors["a"].ReadDoubles());
        Assert.Empty(file.Tensors["empty"].ReadFloats());
        Assert.Empty(file.Tensors["one"].Shape);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Read(24, new float[12]));
    }

    [Fact]
    public void Tensors_larger_than_a_block_are_whole()
    {
        using TemporaryFolder folder = new();
        TensorValues count = (first, destination) =>
        {
            for (int i = 0; i < destination.Length; i++)
            {
                destination[i] = first + i;
            }
        };

        SafetensorsWriter.Write(folder["a"], [new("w", NumberFormat.F32, [700, 1001], count)]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["a"]);

        float[] values = file.Tensors["w"].ReadFloats();
        Assert.Equal(Enumerable.Range(0, 700 * 1001).Select(i => (float)i), values);
    }

    [Fact]
    public void The_same_tensors_in_another_order_give_the_same_bytes()
    {
        using TemporaryFolder folder = new();
        TensorToWrite a = TensorToWrite.From("a", NumberFormat.BF16, [1, 2, 3], 3), b = TensorToWrite.From("b", NumberFormat.F32, [4], 1);

        SafetensorsWriter.Write(folder["1"], [a, b]);
        SafetensorsWriter.Write(folder["2"], [b, a]);

        byte[] bytes = File.ReadAllBytes(folder["1"]);
        Assert.Equal(bytes, File.ReadAllBytes(folder["2"]));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder["3"], [a, a]));
    }

    [Fact]
    public void Other_types_are_listed_and_read_but_are_no_weights()
    {
        using TemporaryFolder folder = new();
        byte[] data = [.. BitConverter.GetBytes(0.1), .. BitConverter.GetBytes(-7L)];
        Write(
            folder["a"],
            """{"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"i":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}""",
            data);
        using SafetensorsFile file = SafetensorsFile.Open(folder["a"]);

        Assert.Equal([0.1], file.Tensors["d"].ReadDoubles());
        Assert.Equal(BitConverter.GetBytes(-7L), file.Tensors["i"].Bytes.ToArray());
        Assert.False(file.Tensors["d"].IsWeight);
        Assert.Contains("contains F64 values", Assert.Throws<InputException>(() => file.Tensors["d"].Format).Message);
        Assert.Throws<InputException>(() => file.Tensors["i"].ReadDoubles());
    }

    [Theory]
    [InlineData("""[]""", "not a JSON object")]
    [InlineData("""{""", "not a JSON object")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        "distinct names"
    )]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "distinct names")]
    [InlineData("""{"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}}""", "unknown type Q4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,16]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "does not match its 8 bytes")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""",
        "does not match its 8 bytes"
    )]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        "overlaps"
    )]
    [InlineData("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "gap")]
    [InlineData("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "end at byte")]
    [InlineData("""{"__metadata__":{"a":1},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "object of strings")]
    [InlineData("""{"__metadata__":["a"],"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "object of strings")]
    [InlineData("""{"__metadata__":{"a":"x","b":1},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "object of strings")]
    [InlineData("""{"a":7}""", "no valid dtype")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1073741824,1073741824,1073741824,1073741824,256],"data_offsets":[0,0]}}""", // 2¹³⁰ bytes
        "does not match its 0 bytes"
    )]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "no valid dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}""", "no valid dtype")]
    public void An_unsound_header_is_refused(string header, string says)
    {
        using TemporaryFolder folder = new();
        Write(folder["a"], header, new byte[8]);

        string message = Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["a"])).Message;

        Assert.Contains(says, message);
        Assert.StartsWith(folder["a"], message);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(long.MaxValue)]
    [InlineData(100_000_001)]
    [InlineData(1000)]
    [InlineData(3)] // the file has two bytes after the length
    [InlineData(0)]
    public void A_header_length_beyond_the_file_is_refused(ulong length)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["a"], [.. BitConverter.GetBytes(length), .. "{}"u8]);

        Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["a"]));
    }

    [Fact]
    public void A_header_of_more_than_100_million_bytes_is_refused_before_it_is_read()
    {
        using TemporaryFolder folder = new();
        using (FileStream file = File.Create(folder["a"]))
        {
            file.Write(BitConverter.GetBytes(100_000_001L));
            file.SetLength(200_000_000); // a hole, which takes no space
        }

        Assert.Contains(
            "declares a header of 100000001 bytes",
            Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["a"])).Message);
    }

    [Fact]
    public void A_header_that_is_not_UTF8_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] header = [.. "{\"__metadata__\":{\"a\":\""u8, 0xFF, .. "\"}}"u8];
        File.WriteAllBytes(folder["a"], [.. BitConverter.GetBytes((long)header.Length), .. header]);

        Assert.Contains("not UTF-8", Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["a"])).Message);
    }

    [Fact]
    public void A_truncated_file_is_refused_wherever_it_was_cut()
    {
        using TemporaryFolder folder = new();
        byte[] whole = Sound(folder);

        for (int eighth = 0; eighth < 8; eighth++)
        {
            File.WriteAllBytes(folder["cut"], whole[..(whole.Length * eighth / 8)]);
            Assert.Contains("download it again", Assert.Throws<InputException>(() => SafetensorsFile.Open(folder["cut"])).Message);
        }
    }

    [Fact]
    public void A_flipped_bit_in_the_header_gives_a_refusal_or_a_sound_table_and_never_a_crash()
    {
        using TemporaryFolder folder = new();
        byte[] whole = Sound(folder);
        int refused = 0, header = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(whole);

        for (int bit = 0; bit < 8 * header; bit++)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(folder["flipped"], flipped);
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(folder["flipped"]);
                Assert.All(file.Tensors.Values, t => Assert.Equal(t.ByteCount, t.Bytes.Length)); // a changed name, say
            }
            catch (InputException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 8 * header / 3, 8 * header);
    }

    [SharedTheory("goldens")]
    [Trait("Category", "Golden")]
    [InlineData("llama2")]
    [InlineData("llama3-scaled")]
    [InlineData("llama-linear")]
    [InlineData("mistral")]
    [InlineData("qwen2-yarn")]
    [InlineData("qwen3")]
    public void Files_of_another_writer_open(string name)
    {
        using SafetensorsFile golden = SafetensorsFile.Open(SharedMaterial.PathOf($"goldens/{name}/golden.safetensors"));

        Assert.Equal(106, golden.Tensors.Count);
        Assert.Equal([53, 320], golden.Tensors["base.logits.plain"].Shape);
        Assert.All(golden.Tensors.Values, t => Assert.All(t.ReadFloats(), v => Assert.True(float.IsFinite(v))));
    }

    static byte[] Sound(TemporaryFolder folder)
    {
        SafetensorsWriter.Write(
            folder["sound"],
            [
                TensorToWrite.From("a", NumberFormat.F32, TestData.Normal(40, 1), 5, 8),
                TensorToWrite.From("b", NumberFormat.BF16, TestData.Normal(9, 2), 9),
            ]);
        return File.ReadAllBytes(folder["sound"]);
    }

    static void Write(string path, string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)json.Length), .. json, .. data]);
    }
}
