using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Core;

public sealed class SpreadSampleTests
{
    static readonly int[] s_counts = [1, 2, 7, 80, 500, 14_042];

    [Fact]
    public void A_larger_sample_holds_the_smaller_ones()
    {
        foreach (int count in s_counts)
        {
            IReadOnlyList<int> before = [];
            for (int limit = 1; limit <= Math.Min(count, 70); limit++)
            {
                IReadOnlyList<int> places = SpreadSample.Places(count, limit);
                Assert.Equal(limit, places.Count);
                Assert.Empty(before.Except(places));
                Assert.Equal(places.Order().Distinct(), places);
                before = places;
            }
            Assert.Equal(Enumerable.Range(0, count), SpreadSample.Places(count, count));
            Assert.Equal(Enumerable.Range(0, count), SpreadSample.Places(count, int.MaxValue));
        }
    }

    [Fact]
    public void No_stretch_is_left_out()
    {
        for (int limit = 4; limit <= 1000; limit++)
        {
            IReadOnlyList<int> places = SpreadSample.Places(14_042, limit);
            int widest = places.Append(14_042).Zip(places, (next, place) => next - place).Max();
            Assert.True(widest <= 2.5 * 14_042 / limit, $"{limit} places leave out {widest}");
        }
    }

    [Fact]
    public void Examples_that_the_data_give_are_taken_from_everywhere_and_drawn_ones_from_the_front()
    {
        EvalSetting setting = new(100, 7);

        Assert.Equal(["0", "32", "64", "96"], SpreadSample.Of(new NumbersTask(100), setting, 4).Select(e => e.Id));
        Assert.Equal(["0", "1", "2", "3"], SpreadSample.Of(new DrawnTask(), setting, 4).Select(e => e.Id));
    }

    [Fact]
    public void Needles_of_a_few_examples_lie_at_all_depths() =>
        Assert.Equal(
            ["0", "1"],
            SpreadSample
                .Of(EvalTaskCatalog.Get("needle"), EvalSamples.Setting with { Depths = [0, 1] }, 2)
                .Select(e => e.ValueOf(EvalExample.Depth)));

    sealed class DrawnTask : IGeneratedTask
    {
        public EvalTaskCard Card { get; } = new("test/drawn", 1, "drawn", "a test", "none", 0) { IsPerLength = true };

        public IEnumerable<EvalExample> Examples(EvalSetting setting)
        {
            for (int i = 0; i < 10; i++)
            {
                yield return i == 4
                    ? throw new InvalidOperationException("one more than is needed was made")
                    : new($"{i}", EvalPrompt.Of("?"), [], 1) { Groups = new Dictionary<string, string> { [EvalExample.Length] = "100" } };
            }
        }

        public EvalScore Score(EvalExample example, string completion) => new(0);
    }
}
