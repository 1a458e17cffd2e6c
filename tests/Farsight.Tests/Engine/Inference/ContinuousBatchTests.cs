using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Tests.Engine.Inference;

public sealed class ContinuousBatchTests : IDisposable
{
    static readonly int[] s_document = [.. Enumerable.Range(0, 20).Select(i => (i * 7 + 3) % 50)];

    readonly DecoderModel _model = SmallModel.Create();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Logits_after_a_shared_beginning_are_those_of_the_whole_prompt()
    {
        using ContinuousBatch batch = new(_model, 64);
        Run(batch, [.. s_document, 1, 2, 3], [9, 8]);

        int[] prompt = [.. s_document, 4, 5];
        SequenceBranch branch = batch.TryOpen(prompt, 1)!;
        float[] logits = Compute(batch, branch);

        Assert.Equal(20, branch.CachedTokens);
        Same(Alone(prompt), logits);
    }

    [Fact]
    public void A_prompt_in_parts_beside_running_sequences_has_the_logits_of_the_whole_prompt()
    {
        using ContinuousBatch batch = new(_model, 100);
        SequenceBranch first = batch.TryOpen([1, 2, 3], 10)!, second = batch.TryOpen([.. s_document.Reverse()], 2)!;
        Compute(batch, first);
        float[] last = [];
        for (int step = 0; second.Remaining > 0; step++)
        {
            first.Append(step);
            batch.Step(
                [new(first, 1), new(second, Math.Min(7, second.Remaining))],
                (branch, _, logits) => last = branch == second ? logits.ToArray() : last);
        }

        Same(Alone([.. s_document.Reverse()]), last);
    }

    [Fact]
    public void A_sequence_waits_while_running_ones_hold_the_rows_and_removes_finished_ones()
    {
        using ContinuousBatch batch = new(_model, 32);
        SequenceBranch running = batch.TryOpen(s_document, 5)!; // 24 rows
        Compute(batch, running);

        Assert.Null(batch.TryOpen([1, 2, 3], 10));
        batch.Close(running);
        Assert.Equal(12, batch.FreeRows);

        SequenceBranch next = batch.TryOpen([.. s_document.Reverse()], 10)!;
        Assert.Equal((0, 3), (next.CachedTokens, batch.FreeRows));
        Same(Alone([.. s_document.Reverse()]), Compute(batch, next));
    }

    [Fact]
    public void A_sequence_that_cannot_be_opened_yet_removes_nothing()
    {
        using ContinuousBatch batch = new(_model, 64);
        Run(batch, s_document, []);
        SequenceBranch running = batch.TryOpen([.. s_document.Reverse()], 5)!; // 24 rows

        Assert.Null(batch.TryOpen([.. Enumerable.Repeat(5, 30)], 20)); // 49 rows, where 40 can be free
        Assert.Equal(20, Cached(batch, [.. s_document, 1]));
        batch.Close(running);
        Assert.NotNull(batch.TryOpen([.. Enumerable.Repeat(5, 30)], 20));
    }

    [Fact]
    public void The_beginning_that_was_used_last_is_removed_last()
    {
        using ContinuousBatch batch = new(_model, 48);
        int[] old = [.. s_document.Select(t => (t + 1) % 50)], used = s_document;
        Run(batch, old, []);
        Run(batch, used, []);
        Run(batch, [.. used, 7], []);

        Run(batch, [.. Enumerable.Repeat(5, 20)], []); // needs the rows of one of them

        Assert.Equal(20, Cached(batch, [.. used, 1]));
        Assert.Equal(0, Cached(batch, [.. old, 1]));
    }

    [Fact]
    public void A_repeated_text_takes_no_further_rows()
    {
        using ContinuousBatch batch = new(_model, 64);
        Run(batch, s_document, [1, 2]);
        int free = batch.FreeRows;

        Run(batch, s_document, [1, 2]);

        Assert.Equal(free, batch.FreeRows);
    }

    [Fact]
    public void A_running_prompt_promises_its_tokens_to_one_that_begins_with_them()
    {
        using ContinuousBatch batch = new(_model, 64);
        SequenceBranch branch = batch.TryOpen([.. s_document, 1], 1)!;

        Assert.Equal(20, batch.ExpectedGain([.. s_document, 2]));
        Compute(batch, branch);
        Assert.Equal(0, batch.ExpectedGain([.. s_document, 2]));
    }

    [Fact]
    public void A_long_limit_reserves_only_a_few_rows_until_the_sequence_grows()
    {
        using ContinuousBatch batch = new(_model, 200);
        SequenceBranch first = batch.TryOpen([1, 2, 3], 190)!;
        Assert.Equal(200 - 3 - 64, batch.FreeRows);

        SequenceBranch second = batch.TryOpen([4, 5], 190)!; // stands behind the first, whose next rows lie elsewhere
        for (int token = 0; token < 70; token++)
        {
            first.Append(token % 50);
        }
        Assert.True(batch.TryGrow(first));

        int[] text = [1, 2, 3, .. Enumerable.Range(0, 70).Select(t => t % 50)];
        Same(Alone(text), Compute(batch, first)); // in two ranges of rows
        Same(Alone([4, 5]), Compute(batch, second));
    }

    [Fact]
    public void The_last_running_sequence_grows_to_its_limit_whatever_finished_ones_hold()
    {
        using ContinuousBatch batch = new(_model, 150);
        Run(batch, [.. s_document, .. Enumerable.Repeat(5, 60)], []); // the next shares its first 20 tokens, and nobody the others
        SequenceBranch last = batch.TryOpen([.. s_document, 1], 130)!, other = batch.TryOpen([9], 3)!;
        Assert.Equal((20, 2), (last.CachedTokens, batch.FreeRows));
        Compute(batch, last);
        List<int> text = [.. s_document, 1];
        float[] logits = [];
        for (int token = 0; token < 129; token++)
        {
            if (token == 100)
            {
                batch.Close(other);
            }
            last.Append(token % 50);
            text.Add(token % 50);
            Assert.True(batch.TryGrow(last));
            logits = Compute(batch, last);
        }

        Assert.Equal(0, batch.FreeRows);
        Same(Alone([.. text]), logits);
        last.Append(1);
        Assert.Throws<ArgumentException>(() => batch.TryGrow(last));
    }

    [Fact]
    public void A_sequence_cannot_grow_while_running_ones_hold_all_rows()
    {
        using ContinuousBatch batch = new(_model, 140);
        SequenceBranch first = batch.TryOpen([1, 2, 3], 100)!, second = batch.TryOpen([4, 5, 6], 100)!; // 67 rows each
        foreach (int token in Enumerable.Range(0, 74).Select(t => t % 50))
        {
            first.Append(token);
        }

        Assert.False(batch.TryGrow(first));
        Assert.Throws<ArgumentException>(() => Compute(batch, first)); // instead of writing into the rows of the other
        batch.Close(second);
        Assert.True(batch.TryGrow(first));
        Same(Alone([1, 2, 3, .. Enumerable.Range(0, 74).Select(t => t % 50)]), Compute(batch, first));
    }

    static int Cached(ContinuousBatch batch, int[] prompt)
    {
        SequenceBranch branch = batch.TryOpen(prompt, 1)!;
        batch.Close(branch);
        return branch.CachedTokens;
    }

    /// <summary>Computes a prompt and given new tokens, and closes the sequence.</summary>
    static void Run(ContinuousBatch batch, int[] prompt, int[] tokens)
    {
        SequenceBranch branch = batch.TryOpen(prompt, tokens.Length + 1)!;
        Compute(batch, branch);
        foreach (int token in tokens)
        {
            branch.Append(token);
            Compute(batch, branch);
        }
        batch.Close(branch);
    }

    static float[] Compute(ContinuousBatch batch, SequenceBranch branch)
    {
        float[] last = [];
        batch.Step([new(branch, branch.Remaining)], (_, _, logits) => last = logits.ToArray());
        return last;
    }

    static void Same(float[] expected, float[] actual) =>
        Near.Each([.. expected.Select(x => (double)x)], actual, relative: 1e-4, absolute: 1e-4);

    /// <summary>The logits after a prompt, from a cache of its own.</summary>
    float[] Alone(int[] prompt)
    {
        float[] last = [];
        using DecodingBatch batch = new(_model, [prompt.Length]);
        batch.Extend([new(0, prompt)], (_, logits) => last = logits.ToArray());
        return last;
    }
}
