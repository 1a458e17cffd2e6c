using Farsight.Evaluation.Benchmarks.LongIcl;
using Farsight.Evaluation.Metrics;

namespace Farsight.Tests.Evaluation.Benchmarks.LongIcl;

public sealed class InContextLabelsTests
{
    static readonly string[] s_known = ["per:boss", "per:age"];

    [Theory]
    [InlineData("\nAnn: person-actor\nRome: location-GPE\nSentence: Next\nBo: person-other")]
    [InlineData("Again: Ann in Rome.\nAnn: person-actor\nRome: location-GPE\n\nBo: person-other")]
    public void Entities_are_read_up_to_the_first_other_line(string response)
    {
        IReadOnlyDictionary<string, string> said = InContextLabels.Entities(response, "Ann in Rome.");

        Assert.Equal(new Dictionary<string, string> { ["Ann"] = "person-actor", ["Rome"] = "location-GPE" }, said);
        Assert.Equal(
            new LabelCounts(2, 3, 1),
            InContextLabels.CountEntities(
                said,
                new Dictionary<string, string>
                {
                    ["Ann"] = "person-actor",
                    ["Rome"] = "location-other",
                    ["Po"] = "location-bodiesofwater",
                }));
    }

    [Fact]
    public void Relations_are_those_of_the_first_line_compared_by_place()
    {
        IReadOnlyList<string> said = InContextLabels.Relations(
            " per:boss, it is per:age, none\nDialogue: more",
            "Hi.",
            "The 3 relations are:");

        Assert.Equal(["per:boss", "it is per:age", "none"], said);
        Assert.Equal(new LabelCounts(2, 2, 1), InContextLabels.CountRelations(said, ["per:boss", "per:boss"], s_known));
    }

    [Fact]
    public void A_prompt_that_is_repeated_is_left_out() =>
        Assert.Equal(["per:age"], InContextLabels.Relations("Hi.\nThe 1 relation is: per:age", "Hi.", "The 1 relation is:"));

    [Fact]
    public void Micro_f1_is_over_all_labels()
    {
        Assert.Equal(2 / 3d, InContextLabels.Micro(said: 4, gold: 2, right: 2).F1, 1e-6);
        Assert.Equal(0, InContextLabels.Micro(0, 0, 0).F1);
    }
}
