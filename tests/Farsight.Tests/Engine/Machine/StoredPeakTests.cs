using Farsight.Engine.Machine;

namespace Farsight.Tests.Engine.Machine;

public sealed class StoredPeakTests
{
    [Fact]
    public void A_busy_machine_gets_the_peak_that_was_measured_before()
    {
        using TemporaryFolder folder = new();
        StoredPeak stored = new(folder["cache/peak.tsv"]);

        MachinePeak first = stored.Highest(new(100, 190, 2));
        MachinePeak busy = stored.Highest(new(40, 80, 2)), noise = stored.Highest(new(101, 191, 2));

        Assert.Equal(new MachinePeak(100, 190, 2), first);
        Assert.Equal(first, busy);
        Assert.Equal(first, noise);
        Assert.Single(File.ReadAllLines(folder["cache/peak.tsv"]));
    }

    [Fact]
    public void A_higher_peak_replaces_the_stored_one_of_the_same_number_of_threads()
    {
        using TemporaryFolder folder = new();
        StoredPeak stored = new(folder["peak.tsv"]);
        stored.Highest(new(50, 90, 2));
        stored.Highest(new(50, 50, 1));

        Assert.Equal(190, stored.Highest(new(100, 190, 2)).AllCores);
        Assert.Equal(190, new StoredPeak(folder["peak.tsv"]).Highest(new(1, 1, 2)).AllCores);
        Assert.Equal(50, stored.Highest(new(1, 1, 1)).AllCores);
        Assert.Equal(2, File.ReadAllLines(folder["peak.tsv"]).Length);
    }

    [Fact]
    public void A_damaged_or_unwritable_file_means_that_the_measurement_counts()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["peak.tsv"], "no numbers\n\0\0");

        Assert.Equal(90, new StoredPeak(folder["peak.tsv"]).Highest(new(50, 90, 2)).AllCores);
        Assert.Equal(90, new StoredPeak(folder["peak.tsv/below"]).Highest(new(50, 90, 2)).AllCores);
    }
}
