using Farsight.Engine.Communication;
using Farsight.Engine.Memory;

namespace Farsight.Tests.Engine.Communication;

public sealed class CommunicatorTests
{
    public static TheoryData<int> Sizes => [1, 2, 3, 4, 5, 8];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_broadcast_reaches_every_rank_from_every_root(int size)
    {
        for (int root = 0; root < size; root++)
        {
            int[][] received = ThreadRanks.Run(size, ranks =>
            {
                int[] values = ranks.Rank == root ? [7, -1, root] : new int[3];
                ranks.Broadcast<int>(values, root);
                return values;
            });

            Assert.All(received, values => Assert.Equal([7, -1, root], values));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Gathered_values_and_texts_have_the_order_of_the_ranks(int size)
    {
        (double[] Values, string[] Texts)[] received = ThreadRanks.Run(
            size, ranks => (ranks.AllGather<double>([ranks.Rank, -ranks.Rank]), ranks.AllGather(new string('é', ranks.Rank))));

        foreach ((double[] values, string[] texts) in received)
        {
            Assert.Equal(Enumerable.Range(0, size).SelectMany(r => new double[] { r, -r }), values);
            Assert.Equal(Enumerable.Range(0, size).Select(r => new string('é', r)), texts);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Integers_are_summed_over_all_ranks_element_by_element(int size)
    {
        long[][] received = ThreadRanks.Run(size, ranks => ranks.Sum([1, ranks.Rank, long.MaxValue / 16]));

        Assert.All(received, sums => Assert.Equal([size, size * (size - 1) / 2, size * (long.MaxValue / 16)], sums));
    }

    [Theory]
    [InlineData(3, 2, true)]
    [InlineData(3, -1, false)]
    [InlineData(1, 0, true)]
    public void Any_is_true_on_every_rank_if_it_is_on_one(int size, int which, bool expected) =>
        Assert.All(ThreadRanks.Run(size, ranks => ranks.Any(ranks.Rank == which)), any => Assert.Equal(expected, any));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("an alarm at step 3: löss")]
    public void A_text_of_rank_0_or_its_absence_reaches_every_rank(string? text) =>
        Assert.All(ThreadRanks.Run(3, ranks => ranks.Broadcast(ranks.IsFirst ? text : "other")), t => Assert.Equal(text, t));

    [Fact]
    public void Rows_are_sent_by_tag_and_broadcast_whatever_their_order()
    {
        float[][] received = ThreadRanks.Run(2, ranks =>
        {
            Rows first = Rows.Allocate(2, 3), second = Rows.Allocate(1, 2);
            using AlignedBuffer a = first.Buffer, b = second.Buffer;
            if (ranks.IsFirst)
            {
                first.Span.Fill(1);
                second.Span.Fill(2);
                ranks.Send(first, 1, Communicator.FirstTag).Wait();
                ranks.Send(second, 1, Communicator.FirstTag + 1).Wait();
            }
            else
            {
                ranks.Receive(second, 0, Communicator.FirstTag + 1).Wait();
                ranks.Receive(first, 0, Communicator.FirstTag).Wait();
            }
            ranks.Broadcast(first, 1);
            return (float[])[.. first.Span, .. second.Span];
        });

        Assert.All(received, values => Assert.Equal([1, 1, 1, 1, 1, 1, 2, 2], values));
    }

    [Fact]
    public void A_single_process_is_rank_0_of_1_and_has_nobody_to_send_to()
    {
        Communicator single = SingleProcess.Instance;
        Rows rows = Rows.Allocate(1, 1);
        using AlignedBuffer buffer = rows.Buffer;

        Assert.Equal((0, 1, true), (single.Rank, single.Size, single.IsFirst));
        Assert.Throws<InvalidOperationException>(() => single.Send(rows, 1, Communicator.FirstTag));
    }
}
