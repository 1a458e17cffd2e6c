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

    [Theory]
    [InlineData(null), InlineData(""), InlineData("löss")]
    public void A_text_or_its_absence_is_sent_to_one_rank(string? text)
    {
        string?[] received = ThreadRanks.Run(3, ranks =>
        {
            if (ranks.Rank == 2)
            {
                ranks.SendText("first", 1);
                ranks.SendText(text, 1);
            }
            return ranks.Rank == 1 ? ranks.ReceiveText(2) + "/" + (ranks.ReceiveText(2) ?? "none") : "";
        });

        Assert.Equal($"first/{text ?? "none"}", received[1]);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Rows_are_summed_to_the_same_values_on_every_rank(int size)
    {
        float[][] received = ThreadRanks.Run(size, ranks =>
        {
            Rows rows = Rows.Allocate(2, 1);
            using AlignedBuffer buffer = rows.Buffer;
            (rows[0][0], rows[1][0]) = (1 << ranks.Rank, 0.1f);
            ranks.Sum(rows, size / 2);
            return rows.Span.ToArray();
        });

        float tenths = 0;
        for (int rank = 0; rank < size; rank++)
        {
            tenths += 0.1f;
        }
        Assert.All(received, r => Assert.Equal([(1 << size) - 1, tenths], r));
    }

    [Theory]
    [InlineData(2), InlineData(3)]
    public void Blocks_of_rows_are_gathered_and_their_gradients_summed_by_their_owners(int size)
    {
        RowBlock[] blocks = [new(0, 2, 0), new(2, 3, 1), new(5, 1, size - 1), new(6, 2, 0)];

        (float[] All, float[] Sums)[] received = ThreadRanks.Run(size, ranks =>
        {
            RowBlocks rows = new(blocks, ranks);
            int[] own = [.. rows.Own.SelectMany(b => Enumerable.Range(b.Start, b.Count))];
            Rows mine = Rows.Allocate(own.Length, 1), all = Rows.Allocate(8, 1), sums = Rows.Allocate(own.Length, 1);
            Rows scratch = Rows.Allocate(own.Length, 1);
            using AlignedBuffer a = mine.Buffer, b = all.Buffer, c = sums.Buffer, d = scratch.Buffer;
            for (int i = 0; i < own.Length; i++)
            {
                mine[i][0] = own[i];
            }
            Assert.All(rows.StartGather(mine, all), t => t.Wait());
            float[] gathered = all.Span.ToArray();
            for (int row = 0; row < 8; row++)
            {
                all[row][0] = 10 * row + ranks.Rank;
            }
            rows.ReduceScatter(all, sums, scratch);
            return (gathered, sums.Span.ToArray());
        });

        Assert.All(received, r => Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], r.All));
        float Sum(int row) => size * 10 * row + size * (size - 1) / 2;
        Assert.Equal([Sum(0), Sum(1), Sum(6), Sum(7)], received[0].Sums);
        Assert.Equal(size == 2 ? [Sum(2), Sum(3), Sum(4), Sum(5)] : [Sum(2), Sum(3), Sum(4)], received[1].Sums);
    }

    [Fact]
    public void A_grid_has_adjacent_context_ranks_and_data_ranks_with_the_same_part()
    {
        (int[] Context, int[] Data)[] groups = ThreadRanks.Run(6, ranks =>
        {
            RankGrid grid = new(ranks, 2);
            // The ranks are threads of one host, so each has its own number there, also in its groups.
            Assert.Equal((ranks.Rank, ranks.Rank, ranks.Rank), (ranks.LocalRank, grid.Context.LocalRank, grid.Data.LocalRank));
            return (grid.Context.AllGather<int>([ranks.Rank]), grid.Data.AllGather<int>([ranks.Rank]));
        });

        Assert.Equal([2, 3], groups[3].Context);
        Assert.Equal([1, 3, 5], groups[3].Data);
        Assert.Equal([0, 1], groups[0].Context);
        Assert.Equal([0, 2, 4], groups[0].Data);
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
