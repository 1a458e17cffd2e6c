using System.Security.Cryptography;
using System.Text;
using Farsight.Cli.Output;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

/// <summary>Tests what results say about the data files that were read.</summary>
public sealed class EvalDataReadTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<string> _notices = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Results_hold_the_hashes_of_the_files_that_were_read_and_a_changed_one_is_said_once()
    {
        Directory.CreateDirectory(_folder["books"]);
        File.WriteAllText(_folder["books/a.txt"], "a");
        File.WriteAllText(_folder["known.txt"], "known");
        File.WriteAllText(_folder["other.txt"], "changed");

        EvalResults results = Run(
            new("known.txt", "there") { Sha256 = Hash("known") }, new("other.txt", "there") { Sha256 = Hash("known") },
            new("books/", "there"), new("none.txt", "there") { IsOptional = true });

        Assert.Equal(
            [
                new("books/", Hash($"a.txt\n{Hash("a")}\n"), "found"),
                new("known.txt", Hash("known"), "found"),
                new("other.txt", Hash("changed"), "changed"),
            ],
            results.Data);
        Assert.Equal(
            "The content of other.txt is not the known one, so the results are not comparable with others; "
                + "get the file again ('farsight eval data' shows where).",
            Assert.Single(_notices));
        Assert.Equal(EvalFiles.ToJson(results), EvalFiles.ToJson(EvalFiles.ReadResults(_folder["out"])));
    }

    [Fact]
    public void Results_say_whether_the_official_data_or_a_substitute_was_read()
    {
        EvalDataFile file = new("whole.txt", "there") { Substitute = "part.txt" };
        File.WriteAllText(_folder["part.txt"], "part");

        EvalResults part = Run(file);
        File.WriteAllText(_folder["whole.txt"], "whole");
        EvalResults whole = Run(file);

        Assert.Equal(("part.txt", "substitute"), (part.Data.Single().Path, part.Data.Single().Status));
        Assert.Equal(["substitute"], part.Tasks[0].By.Where(c => c.Groups.ContainsKey("data")).Select(c => c.Groups["data"]));
        Assert.Contains("; substitute data", EvalTable.Of(part));
        Assert.Equal(("whole.txt", "found"), (whole.Data.Single().Path, whole.Data.Single().Status));
        Assert.All(whole.Examples, e => Assert.Equal("official", e.Groups["data"]));
        Assert.DoesNotContain("substitute", EvalTable.Of(whole));
    }

    [Theory]
    [InlineData("pg19", "pg19_like_books/")]
    [InlineData("hotpotqa", "longbench/minilongbench_as_longbench.jsonl")]
    [InlineData("longbench-v2", "longbench_v2/sample_with_context.jsonl")]
    public void Data_other_than_the_official_ones_are_substitutes(string task, string substitute) =>
        Assert.Contains(substitute, EvalTaskCatalog.Get(task).Card.Data.Select(f => f.Substitute));

    [Fact]
    public void A_missing_file_with_a_substitute_is_reported_as_such()
    {
        File.WriteAllText(_folder["part.txt"], "part");
        FilesTask task = new([new("whole.txt", "there") { Substitute = "part.txt" }]);

        EvalDataState state = EvalDataReport.Of([task], new(_folder.Path)).Single();

        Assert.Equal(("whole.txt", "substitute", false), (state.Path, state.Status, state.IsProblem));
    }

    EvalResults Run(params EvalDataFile[] files)
    {
        EvalPlan plan = ScriptedPlans.Of(new FilesTask(files));
        return EvalSamples.Runner(new ScriptedCompleter(_ => "1")).Run(
            plan with { Setting = plan.Setting with { Data = new(_folder.Path) }, Notice = _notices.Add }, _folder["out"]);
    }

    static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    sealed class FilesTask(IReadOnlyList<EvalDataFile> files) : IGeneratedTask
    {
        public EvalTaskCard Card { get; } = new("test/files", 1, "files", "a test", "none", null) { Data = files };

        public IEnumerable<EvalExample> Examples(EvalSetting setting) => [new("0", EvalPrompt.Of("?"), ["1"], 1)];

        public EvalScore Score(EvalExample example, string completion) => EvalScore.Of(completion == "1");
    }
}
