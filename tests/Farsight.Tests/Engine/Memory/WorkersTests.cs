using Farsight.Engine.Memory;

namespace Farsight.Tests.Engine.Memory;

public sealed class WorkersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Every_item_is_done_once(int threads)
    {
        using ThreadCount _ = new(threads);
        for (int round = 0; round < 2000; round++)
        {
            int[] done = new int[round % 40];

            Workers.For(done.Length, i => Interlocked.Increment(ref done[i]));

            Assert.All(done, d => Assert.Equal(1, d));
        }
    }

    [Fact]
    public void Blocks_cover_the_total_without_gaps()
    {
        int[] seen = new int[103];

        Workers.ForBlocks(seen.Length, 10, (first, count) =>
        {
            for (int i = first; i < first + count; i++)
            {
                Interlocked.Increment(ref seen[i]);
            }
        });

        Assert.All(seen, s => Assert.Equal(1, s));
    }

    [Theory, InlineData(1), InlineData(3)]
    public void An_items_exception_reaches_the_caller_as_it_is_for_any_number_of_threads_and_later_calls_work(int threads)
    {
        using ThreadCount _ = new(threads);

        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => Workers.For(50, i =>
        {
            if (i == 17)
            {
                throw new InvalidOperationException("seventeen");
            }
        }));

        Assert.Equal("seventeen", e.Message);
        int sum = 0;
        Workers.For(50, i => Interlocked.Add(ref sum, i));
        Assert.Equal(49 * 50 / 2, sum);
    }

    [Fact]
    public void Of_several_exceptions_the_first_reaches_the_caller()
    {
        using ThreadCount _ = new(2);
        using Barrier both = new(2);
        Exception? first = null;

        Exception e = Assert.Throws<InvalidOperationException>(() => Workers.For(2, i =>
        {
            both.SignalAndWait(); // both items run before either throws
            if (Interlocked.CompareExchange(ref first, new InvalidOperationException("first"), null) is not null)
            {
                Thread.Sleep(200);
                throw new ArgumentException("second");
            }
            throw first;
        }));

        Assert.Same(first, e);
    }

    [Fact]
    public void A_call_inside_an_item_runs_in_place()
    {
        using ThreadCount _ = new(2);
        int sum = 0;

        Workers.For(4, i => Workers.For(5, j => Interlocked.Add(ref sum, i * j)));

        Assert.Equal((0 + 1 + 2 + 3) * (0 + 1 + 2 + 3 + 4), sum);
    }
}
