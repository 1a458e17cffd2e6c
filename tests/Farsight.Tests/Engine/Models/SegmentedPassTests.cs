using Farsight.Engine.Inference.Context;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;
using Farsight.Tests.Engine.Inference.Context;

namespace Farsight.Tests.Engine.Models;

/// <summary>Segments and their memory against the definition, written literally in double, and gradients against differences.</summary>
public sealed class SegmentedPassTests
{
    static readonly SegmentMemoryOptions s_options = new(Segment: 4, Carry: 2, BackwardSegments: 9);
    static readonly int[] s_prompt = [5, 17, 3, 22, 9, 31, 8, 40, 2, 26, 11], s_response = [7, 29, 14];

    [Fact]
    public void A_text_of_one_segment_is_read_by_the_plain_model_after_one_more_row()
    {
        using DecoderModel model = WithMemory(new(Segment: 64));
        using DecoderModel plain = SmallModel.Create();
        const int Vector = 19;
        Row(plain, Vector).CopyTo(model.SegmentMemory!.Initial.Value[0]);
        TokenTreeBuilder builder = new();
        int prompt = builder.Add(TokenTreeBuilder.Root, [Vector, .. s_prompt], [.. Enumerable.Range(0, 12)], scored: false);
        builder.Add(prompt, s_response, [12, 13, 14], scored: true);

        Assert.Equal(plain.LogProbs(builder.Build()), model.RunSegments(Tree(), null).LogProbs);
    }

    [Theory]
    [InlineData(4, 0, 2, 100), InlineData(4, 4, 0, 100), InlineData(3, 1, 3, 2), InlineData(5, 0, 1, 1)]
    public void Log_probabilities_are_those_of_the_definition(int segment, int summary, int carry, int slots)
    {
        SegmentMemoryOptions options = new(segment, summary, carry, slots);
        using DecoderModel model = WithMemory(options);

        Near.Each(Literal(model.SegmentMemory!, s_prompt, s_response), model.RunSegments(Tree(), null).LogProbs, 1e-4, 1e-4);
    }

    [Fact]
    public void Scored_tokens_of_the_prompt_are_predicted_in_the_segment_of_the_token_before()
    {
        using DecoderModel model = WithMemory(s_options);
        TokenTree all = TokenTree.Sequence(s_prompt);

        float[] logProbs = model.RunSegments(all, null).LogProbs;

        // Segments of 3, 4 and 4 tokens: the last token of the first predicts the first of the second.
        Near.Each(Literal(model.SegmentMemory!, s_prompt[..3], s_prompt[3..4]), logProbs.AsSpan(2, 1), 1e-4, 1e-4);
        Near.Each(Literal(model.SegmentMemory!, s_prompt[..7], s_prompt[7..8]), logProbs.AsSpan(6, 1), 1e-4, 1e-4);
        Assert.Equal(s_prompt.Length - 1, logProbs.Length);
    }

    [Fact]
    public void Responses_and_prompts_of_a_batch_do_not_see_each_other()
    {
        using DecoderModel model = WithMemory(s_options);
        TokenTreeBuilder builder = new();
        int prompt = builder.Add(TokenTreeBuilder.Root, s_prompt, new int[s_prompt.Length], scored: false);
        builder.Add(prompt, s_response, new int[3], scored: true);
        builder.Add(prompt, [1, 2], new int[2], scored: true);
        int other = builder.Add(TokenTreeBuilder.Root, s_prompt.AsSpan(2, 7), new int[7], scored: false);
        builder.Add(other, s_response, new int[3], scored: true);

        float[] logProbs = model.RunSegments(builder.Build(), null).LogProbs;

        Near.Each(Literal(model.SegmentMemory!, s_prompt, s_response), logProbs.AsSpan(0, 3), 1e-4, 1e-4);
        Near.Each(Literal(model.SegmentMemory!, s_prompt, [1, 2]), logProbs.AsSpan(3, 2), 1e-4, 1e-4);
        Near.Each(Literal(model.SegmentMemory!, s_prompt[2..9], s_response), logProbs.AsSpan(5), 1e-4, 1e-4);
    }

    [Theory]
    [InlineData("full"), InlineData("lora")]
    public void Gradients_through_all_segments_match_finite_differences(string mode)
    {
        using DecoderModel model = WithMemory(s_options);
        if (mode == "full")
        {
            model.TrainEverything();
        }
        else
        {
            model.AttachLora(new(4, 8, LinearShape.TargetsOf(model.Config), TrainEmbeddings: true, TrainNorms: true), seed: 1);
            foreach (Parameter parameter in model.Parameters.Where(p => p.Role == ParameterRole.Lora))
            {
                TestData.Normal((int)parameter.Value.Length, seed: 6).Select(v => 0.3f * v).ToArray().CopyTo(parameter.Value.Span);
            }
        }
        Parameter[] parameters = [.. model.Parameters, .. model.SegmentMemory!.Parameters];
        TokenTree tree = Tree();
        float[] d = TestData.Normal(tree.Scored.Count, seed: 3);

        model.RunSegments(tree, Recomputation.None).Backward(d);

        foreach (Parameter parameter in parameters)
        {
            float[] direction = TestData.Normal((int)parameter.Value.Length, seed: 4);
            double analytic = direction.Index().Sum(v => (double)parameter.Gradient.Span[v.Index] * v.Item);
            double numeric = Difference(model, tree, d, parameter, direction);
            Assert.True(
                Math.Abs(analytic - numeric) <= 0.02 + 0.01 * Math.Abs(analytic),
                $"{parameter.Name}: gradient {analytic}, differences {numeric}");
            Assert.True(Math.Abs(analytic) > 1e-6, $"{parameter.Name}: nothing flows to it.");
        }
    }

    [Fact]
    public void Recomputation_changes_no_bit_of_the_gradients()
    {
        float[][] Gradients(Recomputation level)
        {
            using DecoderModel model = WithMemory(s_options);
            model.TrainEverything();
            model.RunSegments(Tree(), level).Backward([0.5f, -1, 2]);
            return [.. model.Parameters.Concat(model.SegmentMemory!.Parameters).Select(p => p.Gradient.Span.ToArray())];
        }

        Assert.Equal(Gradients(Recomputation.None), Gradients(Recomputation.Layer));
    }

    [Fact]
    public void A_memory_vector_beyond_the_backward_segments_is_a_constant()
    {
        float[] Initial(int backward)
        {
            using DecoderModel model = WithMemory(s_options with { BackwardSegments = backward });
            model.RunSegments(Tree(), Recomputation.None).Backward([1, 1, 1]);
            return model.SegmentMemory!.Initial.Gradient.Span.ToArray();
        }

        // Segment 0 alone reads the initial vector. Segment 2 recalls its memory vector, and that of segment 1, which recalls it too.
        Assert.NotEqual(Initial(2), Initial(1));
        Assert.Equal(Initial(2), Initial(9));
        Assert.Contains(Initial(1), v => v != 0);
    }

    [Fact]
    public void A_search_recalls_the_vector_whose_key_its_query_matches()
    {
        using DecoderModel model = WithMemory(s_options);
        SegmentMemory memory = model.SegmentMemory!;
        int width = model.Config.HiddenSize;
        foreach (Parameter projection in memory.Parameters.Skip(2))
        {
            projection.Value.Clear();
            for (int i = 0; i < width; i++)
            {
                projection.Value[i][i] = 10;
            }
        }
        float[] Unit(int i) => [.. Enumerable.Range(0, width).Select(j => i == j ? 1f : 0)];
        MemorySlot[] slots = [memory.Slot(Unit(3)), memory.Slot(Unit(8)), memory.Slot(Unit(5))];

        (float[] value, float[] weights) = memory.Recall(Unit(8), slots);

        double other = 1 / (2 + Math.Exp(100 / Math.Sqrt(width))); // scores 100/√D and 0
        Near.Each([other, 1 - 2 * other, other], weights, 1e-5, 1e-12);
        Assert.Equal(1, Array.IndexOf(weights, weights.Max()));
        Assert.Equal(weights[1], value[8]);
    }

    [Fact]
    public void Decoding_continues_the_last_segment_as_training_reads_it()
    {
        using DecoderModel model = WithMemory(s_options);
        using ContextReader reader = Reading.Method("hmt").Open(model, s_prompt.Length, s_response.Length);

        float[][] logits = Reading.Logits(reader, s_prompt, s_response[..^1]);

        Near.Each(
            Literal(model.SegmentMemory!, s_prompt, s_response),
            [.. logits.Select((row, i) => Reading.LogProbs(row)[s_response[i]])], 1e-4, 1e-4);
    }

    [Theory]
    [InlineData(11, "0..3 3..7 7..11"), InlineData(8, "0..4 4..8"), InlineData(4, "0..4"), InlineData(1, "0..1")]
    [InlineData(5, "0..1 1..5")]
    public void The_last_segment_is_full_and_the_first_has_the_rest(int tokens, string segments) =>
        Assert.Equal(segments, string.Join(' ', s_options.Cut(tokens)));

    /// <summary>Computes the log-probabilities of a response by the formulas of HMT, in double.</summary>
    static double[] Literal(SegmentMemory memory, int[] prompt, int[] response)
    {
        SegmentMemoryOptions o = memory.Options;
        ModelConfig config = SmallModel.Config();
        double[] Vector(int parameter) => [.. memory.Parameters[parameter].Value.Span.ToArray().Select(v => (double)v)];
        double[] Times(int parameter, double[] x) => [.. Vector(parameter).Chunk(x.Length).Select(row => Dot(row, x))];
        NaiveDecoder With(double[] vector, params int[] rows) =>
            new(config, SmallModel.Source()) { Inputs = rows.ToDictionary(r => r, _ => vector) };
        int[] Positions(int count) => [.. Enumerable.Range(0, count)];

        List<double[]> memories = [];
        List<int> ends = [prompt.Length];
        while (ends[0] > o.Segment)
        {
            ends.Insert(0, ends[0] - o.Segment);
        }
        for (int n = 0; ; n++)
        {
            int start = n == 0 ? 0 : ends[n - 1];
            int[] own = prompt[start..ends[n]], before = prompt[Math.Max(0, start - o.Carry)..start];
            double[] recalled = Vector(1);
            if (n > 0)
            {
                int[] first = own[..Math.Min(own.Length, o.Summary > 0 ? o.Summary : o.Segment / 2)];
                int[] searched = [0, .. first, 0];
                double[] q = Times(2, With(Vector(0), 0, searched.Length - 1).Outputs(searched, Positions(searched.Length), 0)[^1]);
                double[][] slots = [.. memories.TakeLast(o.Slots)];
                double[] weights = [.. slots.Select(m => Math.Exp(Dot(q, Times(3, m)) / Math.Sqrt(q.Length)))];
                recalled = [.. Enumerable.Range(0, q.Length).Select(i => slots.Zip(weights, (m, w) => m[i] * w / weights.Sum()).Sum())];
            }
            if (n == ends.Count - 1)
            {
                int[] read = [0, .. before, .. own, .. response];
                double[][] logProbs = With(recalled, 0).LogProbs(read, Positions(read.Length), 0);
                return [.. response.Select((t, i) => logProbs[read.Length - response.Length - 1 + i][t])];
            }
            int[] written = [0, .. before, .. own, 0];
            memories.Add(With(recalled, 0, written.Length - 1).Outputs(written, Positions(written.Length), 0)[^1]);
        }
    }

    static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    static DecoderModel WithMemory(SegmentMemoryOptions options)
    {
        DecoderModel model = SmallModel.Create();
        model.SegmentMemory = SegmentMemory.Create(model, options, seed: 2);
        return model;
    }

    static TokenTree Tree()
    {
        TokenTreeBuilder builder = new();
        int prompt = builder.Add(TokenTreeBuilder.Root, s_prompt, [.. Enumerable.Range(0, s_prompt.Length)], scored: false);
        builder.Add(prompt, s_response, [11, 12, 13], scored: true);
        return builder.Build();
    }

    static float[] Row(DecoderModel model, int token)
    {
        float[] row = new float[model.Config.HiddenSize];
        model.Embeddings.Matrix.Read(token, 0, row);
        return row;
    }

    static double Difference(DecoderModel model, TokenTree tree, float[] d, Parameter parameter, float[] direction)
    {
        const float Step = 1e-3f;
        double Loss(float step)
        {
            float[] kept = parameter.Value.Span.ToArray();
            for (int i = 0; i < kept.Length; i++)
            {
                parameter.Value.Span[i] += step * direction[i];
            }
            double loss = model.RunSegments(tree, null).LogProbs.Zip(d, (l, w) => (double)l * w).Sum();
            kept.CopyTo(parameter.Value.Span);
            return loss;
        }
        return (Loss(Step) - Loss(-Step)) / (2 * Step);
    }
}
