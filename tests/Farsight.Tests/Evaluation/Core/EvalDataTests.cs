using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class EvalDataTests : IDisposable
{
    // Made by bzip2 1.0.8: "banana bandana " thirty times and 300 times 'x'; and nothing.
    const string Bzip2Text = "QlpoOTFBWSZTWcd1pZEAAHiRgMAgNAEAQAAIIABUMmTRhNVIP1R1Q2oZHIc1DYjyGqGP6gKLuSKcKEhjutLIgA==",
        Bzip2Nothing = "QlpoORdyRThQkAAAAAA=";

    static readonly string s_bzip2Text = string.Concat(Enumerable.Repeat("banana bandana ", 30)) + new string('x', 300);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_are_read_as_they_are_or_compressed()
    {
        EvalData data = new(_folder.Path);
        File.WriteAllText(_folder["plain.jsonl"], "{\"a\":1}\n\n{\"a\":2}\n");
        Compress("packed.jsonl.gz", "{\"a\":3}");

        Assert.Equal([1, 2], data.ReadJsonLines("plain.jsonl").Select(j => j.GetProperty("a").GetInt32()));
        Assert.Equal("{\"a\":3}", data.ReadText("packed.jsonl"));
        Assert.True(data.Exists("packed.jsonl"));
        Assert.Equal(["packed.jsonl", "plain.jsonl"], data.Files(""));
    }

    [Fact]
    public void Missing_and_damaged_files_are_said_with_what_to_do()
    {
        EvalData data = new(_folder.Path);
        File.WriteAllText(_folder["bad.jsonl"], "{\"a\":1}\n{oops\n");
        File.WriteAllText(_folder["torn.json.gz"], "no gzip");

        Assert.Contains("'farsight eval data' shows where", Assert.Throws<InputException>(() => data.ReadText("gone.json")).Message);
        Assert.Contains(EvalData.Variable, Assert.Throws<InputException>(() => EvalData.None.ReadText("gone.json")).Message);
        Assert.StartsWith("bad.jsonl:2 is damaged", Assert.Throws<InputException>(() => data.ReadJsonLines("bad.jsonl").Count()).Message);
        Assert.StartsWith("torn.json is damaged", Assert.Throws<InputException>(() => data.ReadJson("torn.json")).Message);
    }

    [Fact]
    public void A_gzip_file_that_is_cut_is_damaged_and_not_a_shorter_data_set()
    {
        EvalData data = new(_folder.Path);
        Compress("lines.jsonl.gz", string.Concat(Enumerable.Range(0, 2000).Select(i => $"{{\"a\":{i * 7919 % 9973}}}\n")));
        byte[] whole = File.ReadAllBytes(_folder["lines.jsonl.gz"]);
        foreach (int length in (int[])[0, 1, 12, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(_folder["lines.jsonl.gz"], whole[..length]);
            NeedsFiles task = new([new("lines.jsonl", "there") { Sha256 = "of the whole" }]);

            InputException e = Assert.Throws<InputException>(() => data.ReadJsonLines("lines.jsonl").Count());

            Assert.StartsWith("lines.jsonl is damaged: ", e.Message, StringComparison.Ordinal);
            Assert.Equal("changed", EvalDataReport.Of([task], data).Single().Status);
        }
    }

    [Fact]
    public void A_bzip2_file_of_several_streams_is_read_whole()
    {
        byte[] once = Convert.FromBase64String(Bzip2Text), nothing = Convert.FromBase64String(Bzip2Nothing);

        Assert.Equal(s_bzip2Text, Bzip2(once));
        Assert.Equal("", Bzip2(nothing));
        Assert.Equal(s_bzip2Text + s_bzip2Text, Bzip2([.. once, .. nothing, .. once]));
    }

    [Fact]
    public void A_bzip2_file_that_is_cut_or_damaged_is_one_message_with_its_path()
    {
        byte[] whole = Convert.FromBase64String(Bzip2Text);
        for (int i = 0; i < whole.Length - 1; i++) // most of the last byte is padding
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x10;
            Check(damaged);
            Check(whole[..Math.Max(1, i)]);
        }

        void Check(byte[] file) =>
            Assert.StartsWith("t.txt is damaged: ", Assert.Throws<InputException>(() => Bzip2(file)).Message, StringComparison.Ordinal);
    }

    [SharedFact("evaldata/hellaswag")]
    public void A_bzip2_file_of_several_blocks_is_read()
    {
        using Stream read = new EvalData(SharedMaterial.PathOf("evaldata/hellaswag")).Open("hellaswag_val_full.txt");

        Assert.Equal("d572539320eb2050e858ca34b495bbe2103e3b3f1391a9c3bcdf215b0bb93bd1", Convert.ToHexStringLower(SHA256.HashData(read)));
    }

    [Fact]
    public void The_report_tells_found_missing_and_changed_files()
    {
        Compress("same.txt.gz", "content");
        File.WriteAllText(_folder["other.txt"], "changed");
        File.WriteAllText(_folder["original.txt"], "of which the other is a copy");
        string hash = Convert.ToHexStringLower(SHA256.HashData("content"u8));
        NeedsFiles task = new([
            new("same.txt", "there") { Sha256 = hash }, new("other.txt", "there") { Sha256 = hash }, new("any", "there"),
            new("copy.txt", "there") { Or = "original.txt", Sha256 = hash }, new("nice.txt", "there") { IsOptional = true }]);

        IReadOnlyList<EvalDataState> states = EvalDataReport.Of([task], new(_folder.Path));

        Assert.Equal(
            [("any", "missing"), ("copy.txt", "found"), ("nice.txt", "optional"), ("other.txt", "changed"), ("same.txt", "found")],
            states.Select(s => (s.Path, s.Status)));
        Assert.Equal(2, states.Count(s => s.IsProblem));
    }

    string Bzip2(byte[] file)
    {
        File.WriteAllBytes(_folder["t.txt.bz2"], file);
        return new EvalData(_folder.Path).ReadText("t.txt");
    }

    void Compress(string name, string text)
    {
        using GZipStream file = new(File.Create(_folder[name]), CompressionLevel.Fastest);
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    sealed class NeedsFiles(IReadOnlyList<EvalDataFile> files) : IEvalTask
    {
        public EvalTaskCard Card { get; } = new("test/files", 1, "files", "a test", "none", null) { Data = files };

        public IEnumerable<EvalExample> Examples(EvalSetting setting) => [];
    }
}
