using System.Text;
using Farsight.Engine.Files;

namespace Farsight.Tests.Engine.Files;

public sealed class BinaryKindTests
{
    [Theory]
    [InlineData("89504E470D0A1A0A0000000D49484452", "a PNG image")]
    [InlineData("FFD8FFE000104A4649460001", "a JPEG image")]
    [InlineData("474946383961010001000000", "a GIF image")]
    [InlineData("52494646240000005745425056503820", "a WebP image")]
    [InlineData("504B0304140000000800", "a ZIP archive")]
    [InlineData("1F8B0800000000000003", "a gzip file")]
    [InlineData("28B52FFD04", "a Zstandard file")]
    [InlineData("425A6839314159265359", null)] // bzip2 of printable characters needs the zero byte that its data have
    [InlineData("425A683931415926535900", "a bzip2 file")]
    [InlineData("4747554603000000", "a GGUF model")]
    [InlineData("40000000000000007B225F5F6D65746164617461", "a safetensors file")]
    [InlineData("53514C69746520666F726D6174203300", "an SQLite database")]
    [InlineData("7F454C460201", "a program")]
    [InlineData("00000000", null)]
    [InlineData("", null)]
    public void A_file_is_recognized_by_its_first_bytes(string hex, string? kind) =>
        Assert.Equal(kind, BinaryKind.Of(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("GGUF is a file format of llama.cpp.")]
    [InlineData("GIF89a was published in 1989.")]
    [InlineData("{\"text\": \"PNG\"}")]
    [InlineData("Überall steht PK.")]
    public void A_text_is_no_binary_file_though_it_begins_like_one(string text)
    {
        Assert.Null(BinaryKind.Of(Encoding.UTF8.GetBytes(text)));
        Assert.Null(BinaryKind.Of([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("Ein Text")]));
    }

    [Fact]
    public void A_tar_archive_is_recognized_by_its_first_header()
    {
        byte[] header = new byte[512];
        "ustar"u8.CopyTo(header.AsSpan(257));

        Assert.Equal("a tar archive", BinaryKind.Of(header));
    }
}
