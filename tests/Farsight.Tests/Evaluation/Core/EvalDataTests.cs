using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Farsight.Engine;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class EvalDataTests : IDisposable
{
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
