using Farsight.Engine.Inference;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;

namespace Farsight.Tests.Engine.Models;

/// <summary>What a description composes agrees with itself: planned memory, recomputation, decoding, gradients, threads.</summary>
public sealed class DescriptionTests
{
    static readonly string[] s_names =
    [
        "gemma2", "gemma3", "granite", "olmo2", "phi3", "smollm3", "mixtral", "dense between", "experts with norms after",
        "experts with biases and factors",
    ];

    public static TheoryData<string> Descriptions => [.. s_names];

    public static TheoryData<string, Recomputation?, string> Passes
    {
        get
        {
            TheoryData<string, Recomputation?, string> passes = [];
            foreach (string description in s_names)
            {
                foreach (Recomputation? level in (Recomputation?[])[null, .. Enum.GetValues<Recomputation>().Cast<Recomputation?>()])
                {
                    passes.Add(description, level, "everything");
                    passes.Add(description, level, "adapter");
                    passes.Add(description, level, "down");
                }
            }
            return passes;
        }
    }

    [Theory, MemberData(nameof(Passes))]
    public void A_pass_takes_the_memory_that_was_planned(string description, Recomputation? level, string trained)
    {
        foreach (int prompt in (int[])[20, 1100])
        {
            using DecoderModel model = Trainable(description, trained);
            TokenTree tree = Tree(prompt);

            using TreePass pass = level is { } keep ? model.Forward(tree, keep) : model.Evaluate(tree);
            if (level is not null)
            {
                pass.Backward(new float[pass.LogProbs.Length]);
            }

            Assert.Equal(ActivationPlan.Of(model.Config, TreeSize.Of(tree), model.Lora, level), pass.Taken);
        }
    }

    [Theory, MemberData(nameof(Descriptions))]
    public void A_level_of_recomputation_gives_the_bits_of_keeping_everything(string description)
    {
        foreach (string trained in (string[])["everything", "adapter"])
        {
            float[] kept = Results(description, Recomputation.None, trained);

            Assert.Equal(kept, Results(description, Recomputation.Mlp, trained));
            Assert.Equal(kept, Results(description, Recomputation.Layer, trained));
        }
    }

    [Theory, MemberData(nameof(Descriptions))]
    public void Results_do_not_depend_on_the_number_of_threads(string description)
    {
        float[] many = Results(description, Recomputation.None, "everything");
        using ThreadCount one = new(1);

        Assert.Equal(many, Results(description, Recomputation.None, "everything"));
    }

    [Theory, MemberData(nameof(Descriptions))]
    public void Decoding_with_a_cache_gives_the_log_probabilities_of_a_whole_pass(string description)
    {
        using DecoderModel model = SmallModel.Create(Config(description));
        int[] tokens = [.. Enumerable.Range(0, 40).Select(i => 1 + i * 7 % 31)];
        float[] expected = model.LogProbs(TokenTree.Sequence(tokens));

        List<float> actual = [];
        using DecodingBatch batch = new(model, [4, tokens.Length]);
        batch.Extend([new(0, [7, 7, 7])], (_, _) => { });
        for (int i = 0; i + 1 < tokens.Length; i++)
        {
            int next = tokens[i + 1];
            batch.Extend([new(1, [tokens[i]])], (_, logits) =>
            {
                double sum = 0;
                foreach (float logit in logits)
                {
                    sum += Math.Exp((double)logit);
                }
                actual.Add((float)(logits[next] - Math.Log(sum)));
            });
        }

        Near.Each([.. expected.Select(e => (double)e)], [.. actual], relative: 2e-5, absolute: 1e-5);
    }

    [Theory, MemberData(nameof(Descriptions))]
    public void Gradients_match_finite_differences(string description)
    {
        using DecoderModel model = Trainable(description, "everything");
        TokenTree tree = SmallModel.Tree();
        float[] dLogProbs = TestData.Normal(tree.Scored.Count, seed: 3);
        using (TreePass pass = model.Forward(tree))
        {
            pass.Backward(dLogProbs);
        }

        foreach (Parameter parameter in model.Parameters)
        {
            float[] direction = TestData.Normal((int)parameter.Value.Length, seed: 4), gradient = parameter.Gradient.Span.ToArray();
            double analytic = gradient.Zip(direction, (g, d) => (double)g * d).Sum();
            double numeric = ModelVariantTests.Difference(model, tree, dLogProbs, parameter, direction);
            Assert.True(
                Math.Abs(analytic - numeric) <= 0.03 + 0.01 * Math.Abs(analytic),
                $"{parameter.Name}: gradient {analytic}, differences {numeric}");
        }
    }

    [Fact]
    public void Every_token_counts_once_for_each_expert_that_it_chose()
    {
        using DecoderModel model = Trainable("dense between", "adapter");
        TokenTree tree = Tree(1100);

        using (TreePass pass = model.Forward(tree, Recomputation.Layer))
        {
            pass.Backward(new float[pass.LogProbs.Length]);
        }

        Assert.Empty(model.ExpertLoad[0]);
        // The last layer computes only the rows that predict something: the prompt's last and two of three, one of two.
        Assert.Equal(2 * TreeSize.Of(tree).LastRows, model.ExpertLoad[1].Sum());
    }

    [Fact]
    public void The_weights_of_experts_that_no_token_chose_are_not_read()
    {
        using CountingWeights source = new(SmallModel.Source());
        using DecoderModel model = new(Config("mixtral"), source);

        model.LogProbs(TokenTree.Sequence([1, 2]));

        string[] used = [.. source.Read.Where(n => n.Contains(".experts.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(model.ExpertLoad.Sum(layer => layer.Count(tokens => tokens > 0)) * 3, used.Length);
        Assert.NotEqual(model.ExpertLoad.Sum(layer => layer.Count) * 3, used.Length);
    }

    static float[] Results(string description, Recomputation level, string trained)
    {
        using DecoderModel model = Trainable(description, trained);
        using TreePass pass = model.Forward(Tree(1100), level);
        pass.Backward(TestData.Normal(pass.LogProbs.Length, seed: 3));
        return [.. pass.LogProbs, .. model.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];
    }

    static DecoderModel Trainable(string description, string trained)
    {
        DecoderModel model = SmallModel.Create(Config(description));
        if (trained == "everything")
        {
            model.TrainEverything();
            return model;
        }
        IReadOnlyList<string> targets = LinearShape.TargetsOf(model.Config);
        model.AttachLora(new(3, 6, trained == "down" ? [targets[^1]] : targets, TrainEmbeddings: true, TrainNorms: true), seed: 1);
        foreach (Parameter b in model.Parameters.Where(p => p.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)))
        {
            TestData.Normal((int)b.Value.Length, seed: 9).Select(v => 0.3f * v).ToArray().CopyTo(b.Value.Span);
        }
        return model;
    }

    static TokenTree Tree(int prompt)
    {
        TokenTreeBuilder tree = new();
        int[] tokens = [.. Enumerable.Range(0, prompt).Select(i => 1 + i * 7 % 31)];
        int root = tree.Add(TokenTreeBuilder.Root, tokens, [.. Enumerable.Range(0, prompt)], scored: false);
        tree.Add(root, [11, 12, 13], [.. Enumerable.Range(prompt, 3)], scored: true);
        tree.Add(root, [14, 17], [.. Enumerable.Range(prompt, 2)], scored: true);
        return tree.Build();
    }

    static ModelConfig Config(string description)
    {
        ModelConfig plain = SmallModel.Config(tied: false);
        ModelConfig gemma = plain with
        {
            TieWordEmbeddings = true,
            NormPlacement = NormPlacement.Both,
            NormsAddOne = true,
            Activation = GateActivation.GeluTanh,
            EmbeddingScale = (float)Math.Sqrt(plain.HiddenSize),
            AttentionScale = 0.2f,
            SlidingWindow = 4,
            WindowedLayers = [true, false],
        };
        MixtureOfExperts experts = new(5, 2, 12, NormalizesWeights: true, new("mlp", "gate_proj", "up_proj", "down_proj"), []);
        return description switch
        {
            "gemma2" => gemma with { AttentionSoftcap = 2, LogitSoftcap = 5 },
            "gemma3" => gemma with { QueryKeyNorm = true, WindowedRopeTheta = 100 },
            "granite" => plain with { EmbeddingScale = 3, AttentionScale = 0.3f, ResidualScale = 0.4f, LogitScale = 0.5f },
            "olmo2" => plain with { NormPlacement = NormPlacement.After, QueryKeyNorm = true, NormsWholeProjection = true },
            "phi3" => plain with { FusedProjections = true, RotaryDim = 6, SlidingWindow = 9 },
            "smollm3" => plain with { UnrotatedLayers = [false, true], AttentionBias = true, OutputBias = true, MlpBias = true },
            "mixtral" => plain with { Experts = experts },
            "dense between" => plain with
            {
                QueryKeyNorm = true,
                Experts = experts with { NormalizesWeights = false, DenseLayers = [true, false] },
            },
            "experts with norms after" => gemma with { Experts = experts },
            // All experts, so that no difference crosses a change of the choice.
            _ => plain with { AttentionBias = true, OutputBias = true, ResidualScale = 0.7f, Experts = experts with { PerToken = 5 } },
        };
    }

    /// <summary>Notes which matrices are read.</summary>
    sealed class CountingWeights(IWeightSource inner) : IWeightSource
    {
        internal HashSet<string> Read { get; } = [];

        public WeightMatrix Matrix(string name, int rows, int columns) =>
            new Counting(inner.Matrix(name, rows, columns), () => Read.Add(name));

        public Rows Vector(string name, int length) => inner.Vector(name, length);

        public void Dispose() => inner.Dispose();

        sealed class Counting(WeightMatrix inner, Action read) : WeightMatrix
        {
            public override int RowCount => inner.RowCount;

            public override int ColumnCount => inner.ColumnCount;

            public override void Read(int row, int firstColumn, Span<float> destination)
            {
                lock (inner)
                {
                    read();
                }
                inner.Read(row, firstColumn, destination);
            }
        }
    }
}
