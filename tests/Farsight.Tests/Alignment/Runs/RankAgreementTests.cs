using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Tests.Workflows.Study;

namespace Farsight.Tests.Alignment.Runs;

public sealed class RankAgreementTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Left => _folder["out/.ranks-1234"];

    public RankAgreementTests()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.WriteAllText(Left, "");
    }

    [Fact]
    public void A_shared_folder_keeps_no_file_of_the_check_and_none_that_killed_ranks_left()
    {
        ThreadRanks.Run(3, ranks =>
        {
            RankAgreement.RequireShared(ranks, _folder["out"]);
            return true;
        });

        Assert.Empty(Directory.GetFileSystemEntries(_folder["out"]));
    }

    [Fact]
    public void A_check_does_not_remove_the_file_of_another_launcher()
    {
        using (FileStream other = new(Left, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            RankAgreement.RequireShared(SingleProcess.Instance, _folder["out"]);
        }

        Assert.Equal([Left], Directory.GetFileSystemEntries(_folder["out"]));
    }

    [Fact]
    public void A_rank_that_does_not_see_the_folder_is_named()
    {
        InputException e = Assert.ThrowsAny<InputException>(() => ThreadRanks.Run(2, ranks =>
        {
            RankAgreement.RequireShared(ranks, _folder[ranks.IsFirst ? "out" : "elsewhere"]);
            return true;
        }));

        Assert.StartsWith("Rank 1 (", e.Message, StringComparison.Ordinal);
        Assert.Contains("does not see", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_killed_ranks_left_does_not_make_a_new_run_or_study_impossible()
    {
        RunManifest manifest = RunManifest.OfThisProcess("evolve", 1, new Dictionary<string, string>());

        using (RunDirectory run = RunDirectory.Open(_folder["out"], "{}", manifest, resume: true))
        {
            Assert.True(run.IsNew);
        }

        using StudyFiles study = new();
        Directory.CreateDirectory(study.In("out"));
        File.Copy(Left, study.In("out/.ranks-1234"));
        Assert.True(study.Run("out").IsComplete);
    }

    public void Dispose() => _folder.Dispose();
}
