using System.Security.Cryptography;
using System.Text;
using Farsight.Engine.Files;

namespace Farsight.Tests.Engine.Files;

public sealed class Bzip2Tests
{
    // Made by bzip2 1.0.8: "banana bandana " thirty times and 300 times 'x'; nothing; and the first once more, as two streams.
    const string Text = "QlpoOTFBWSZTWcd1pZEAAHiRgMAgNAEAQAAIIABUMmTRhNVIP1R1Q2oZHIc1DYjyGqGP6gKLuSKcKEhjutLIgA==",
        Nothing = "QlpoORdyRThQkAAAAAA=";

    static readonly string s_text = string.Concat(Enumerable.Repeat("banana bandana ", 30)) + new string('x', 300);

    [Fact]
    public void Streams_follow_each_other()
    {
        byte[] once = Convert.FromBase64String(Text), nothing = Convert.FromBase64String(Nothing);

        Assert.Equal(s_text, Read(once));
        Assert.Equal("", Read(nothing));
        Assert.Equal(s_text + s_text, Read([.. once, .. nothing, .. once]));
    }

    [Fact]
    public void Whatever_is_damaged_is_said()
    {
        byte[] whole = Convert.FromBase64String(Text);
        for (int i = 0; i < whole.Length - 1; i++) // the last byte is padding for the most part
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x10;
            Assert.Throws<InvalidDataException>(() => Read(damaged));
            Assert.Throws<InvalidDataException>(() => Read(whole[..Math.Max(1, i)]));
        }
    }

    [SharedFact("evaldata/hellaswag")]
    public void A_file_of_several_blocks_is_read()
    {
        using MemoryStream read = Bzip2.Decompress(File.OpenRead(SharedMaterial.PathOf("evaldata/hellaswag/hellaswag_val_full.txt.bz2")));

        Assert.Equal("d572539320eb2050e858ca34b495bbe2103e3b3f1391a9c3bcdf215b0bb93bd1", Convert.ToHexStringLower(SHA256.HashData(read)));
    }

    static string Read(byte[] compressed) => Encoding.UTF8.GetString(Bzip2.Decompress(new MemoryStream(compressed)).ToArray());
}
