using Farsight.Alignment.Objectives;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;
using Xunit.Abstractions;

namespace Farsight.Tests.Golden;

/// <summary>The engine against an independent implementation, through the shared-prefix tree.</summary>
/// <remarks>Errors are relative to the tensor's largest magnitude: F32 against float64 over a few layers stays below
/// 1e-4 forward and 5e-4 in gradients.</remarks>
[Trait("Category", "Golden")]
public sealed class GoldenTests(ITestOutputHelper output)
{
    static readonly GoldenTolerance s_tolerance = new(Logits: 1e-4, LogProbs: 1e-4, Losses: 1e-4, Gradients: 5e-4, IsAbsolute: false);

    [Fact]
    public void The_case_in_the_repository_is_reproduced() =>
        Check(Path.Combine(AppContext.BaseDirectory, "Golden/qwen2-yarn"), s_tolerance, output);

    [SharedFact("goldens")]
    public void Every_case_is_reproduced()
    {
        string[] folders = [.. Directory.GetDirectories(SharedMaterial.PathOf("goldens")).Order(StringComparer.Ordinal)];
        foreach (string folder in folders)
        {
            Check(folder, s_tolerance, output);
        }
        output.WriteLine($"{folders.Length} cases ran: {string.Join(", ", folders.Select(Path.GetFileName))}.");
        Assert.NotEmpty(folders);
    }

    internal static void Check(string folder, GoldenTolerance tolerance, ITestOutputHelper output)
    {
        using GoldenCase golden = new(folder);
        string name = Path.GetFileName(folder);
        using DecoderModel reference = ModelLoader.Load(folder);
        int[] plain = [.. Enumerable.Range(0, golden.Prompt.Length + golden.Responses[0].Length)];
        CheckLogits(golden, tolerance, reference, plain, "base.logits.plain");
        int[] synthesized = [.. golden.PromptPositions, .. golden.ResponsePositions[0]];
        CheckLogits(golden, tolerance, reference, synthesized, "base.logits.synth");
        using DecoderModel policy = golden.Policy();
        CheckLogits(golden, tolerance, policy, synthesized, "lora.logits.synth");

        double[] sums = Sums(reference, Tree(golden, 2, shared: true)), shortSums = Sums(reference, ShortTree(golden));
        Near.Each(golden.Results("ref_short_logps_sum"), [.. shortSums.Select(s => (float)s)], relative: tolerance.Losses, absolute: 0);
        foreach (string loss in golden.Losses)
        {
            foreach (bool shared in new[] { true, false })
            {
                CheckLoss(golden, tolerance, policy, loss, ObjectiveOf(golden, loss).Objective.ReferenceIsShort ? shortSums : sums, shared);
            }
        }
        output.WriteLine($"{name}: logits, log-probabilities, {string.Join(", ", golden.Losses)}.");
    }

    static void CheckLogits(GoldenCase golden, GoldenTolerance tolerance, DecoderModel model, int[] positions, string name)
    {
        // One more token makes the last row predict something, too; what it is does not matter. Its position must not make the sequence
        // longer: the length can decide the frequencies of the rotation.
        int[] tokens = [.. golden.Prompt, .. golden.Responses[0], 0];
        bool[] scored = [.. tokens.Select((_, i) => i > 0)];
        TokenTreeBuilder tree = new();
        tree.Add(TokenTreeBuilder.Root, tokens, [.. positions, positions[^1]], scored);

        using TreePass pass = model.Forward(tree.Build());

        using RowsOwner memory = new();
        Rows actual = memory.Allocate(pass.LogProbs.Length, model.Config.VocabSize);
        for (int i = 0; i < actual.Count; i++)
        {
            pass.Logits(i, actual.Slice(i, 1));
        }
        tolerance.Check(golden.Values(name), actual.Span, tolerance.Logits, name);
    }

    static void CheckLoss(
        GoldenCase golden, GoldenTolerance tolerance, DecoderModel policy, string loss, double[] referenceSums, bool shared)
    {
        foreach (Parameter parameter in policy.Parameters)
        {
            parameter.Gradient.Clear();
        }
        (IPreferenceObjective objective, int rejected) = ObjectiveOf(golden, loss);
        TokenTree tree = Tree(golden, rejected, shared);
        using TreePass pass = policy.Forward(tree);
        float[] logProbs = pass.LogProbs;
        SequenceLogProb[] sequences = [.. Nodes(tree, rejected, shared).Select(n => SumOf(logProbs, n))];
        SequenceLogProb prompt = SumOf(logProbs, PromptNode(tree));
        PreferenceLogProbs value = new(sequences[0], sequences[1..], Reference(golden, referenceSums, sequences), prompt);

        ObjectiveValue result = objective.Evaluate(value);

        double expected = golden.Result($"loss.{loss}");
        Assert.True(
            Math.Abs(expected - result.Loss) <= tolerance.Losses * Math.Max(tolerance.IsAbsolute ? 0 : 1, Math.Abs(expected)),
            $"{loss}, shared {shared}: loss {result.Loss}, expected {expected}");
        for (int r = 0; r <= rejected; r++)
        {
            TokenNode node = Nodes(tree, rejected, shared)[r];
            int responseTokens = golden.Responses[r].Length;
            tolerance.Check(
                golden.Values($"policy.token_logps.{r}"),
                logProbs.AsSpan(node.FirstScored, node.ScoredCount)[^responseTokens..],
                tolerance.LogProbs,
                $"token log-probs {r}");
        }

        pass.Backward(Spread(tree, result, rejected, shared));
        CheckGradients(golden, tolerance, policy, loss);
    }

    static void CheckGradients(GoldenCase golden, GoldenTolerance tolerance, DecoderModel policy, string loss)
    {
        double squares = 0;
        foreach (Parameter parameter in policy.Parameters)
        {
            foreach (float g in parameter.Gradient.Span)
            {
                squares += (double)g * g;
            }
            if (golden.Has($"grad.{loss}.{parameter.Name}"))
            {
                Near.RelativeToLargest(
                    golden.Values($"grad.{loss}.{parameter.Name}"),
                    WholeGradient(parameter).Span,
                    tolerance.Gradients,
                    $"{loss} {parameter.Name}");
            }
        }
        double norm = golden.Result($"grad_norm.{loss}");
        Assert.True(
            Math.Abs(norm - Math.Sqrt(squares)) <= (tolerance.IsAbsolute ? tolerance.Losses : tolerance.Gradients) * norm,
            $"{loss}: gradient norm {Math.Sqrt(squares)}, expected {norm}");
    }

    /// <summary>Touched rows at their places; the others have a gradient of zero.</summary>
    internal static Rows WholeGradient(Parameter parameter)
    {
        if (parameter.Touched is not { } touched)
        {
            return parameter.Gradient;
        }
        Rows whole = Rows.Allocate(parameter.Capacity, parameter.Gradient.Width);
        for (int place = 0; place < touched.Count; place++)
        {
            parameter.Gradient[place].CopyTo(whole[touched.Rows[place]]);
        }
        return whole;
    }

    internal static (IPreferenceObjective Objective, int Rejected) ObjectiveOf(GoldenCase golden, string loss) => loss switch
    {
        "logo" => (Logo(golden), 2),
        "logo_m1" => (Logo(golden), 1),
        "simpo" => (new SimPo(golden.Setting("simpo", "beta"), golden.Setting("simpo", "gamma")), 1),
        "dpo" => (new Dpo(golden.Setting("dpo", "beta")), 1),
        "ipo" => (new Ipo(golden.Setting("ipo", "beta")), 1),
        "orpo" => (new Orpo(golden.Setting("orpo", "lambda")), 1),
        "longpo" => (new LongPo(golden.Setting("longpo", "beta"), golden.Setting("longpo", "lambda")), 1),
        "sft_partial" => (new SftPartial(), 0),
        "sft_full" => (new SftFull(), 0),
        _ => throw new ArgumentException($"The file has a loss '{loss}' that this test does not know; add it."),
    };

    static Logo Logo(GoldenCase golden) =>
        new(golden.Setting("logo", "beta"), golden.Setting("logo", "gamma"), golden.Setting("logo", "lambda"));

    static PreferenceLogProbs Reference(GoldenCase golden, double[] sums, SequenceLogProb[] like) =>
        new(new(sums[0], like[0].Tokens), [.. like.Skip(1).Select((s, j) => new SequenceLogProb(sums[j + 1], s.Tokens))]);

    static double[] Sums(DecoderModel model, TokenTree tree)
    {
        float[] values = model.LogProbs(tree);
        return [.. Nodes(tree, 2, shared: true).Select(n => SumOf(values, n).Sum)];
    }

    /// <summary>The prompt once with leaves, or a sequence of its own for every response.</summary>
    internal static TokenTree Tree(GoldenCase golden, int rejected, bool shared)
    {
        TokenTreeBuilder builder = new();
        bool[] promptScored = [.. golden.Prompt.Select((_, i) => i > 0)];
        int prompt = builder.Add(TokenTreeBuilder.Root, golden.Prompt, golden.PromptPositions, promptScored);
        for (int r = 0; r <= rejected; r++)
        {
            if (!shared)
            {
                prompt = builder.Add(TokenTreeBuilder.Root, golden.Prompt, golden.PromptPositions, scored: false);
            }
            builder.Add(prompt, golden.Responses[r], golden.ResponsePositions[r], scored: true);
        }
        return builder.Build();
    }

    /// <summary>What LongPO's reference reads.</summary>
    static TokenTree ShortTree(GoldenCase golden)
    {
        TokenTreeBuilder builder = new();
        int prompt = builder.Add(TokenTreeBuilder.Root, golden.ShortPrompt, golden.ShortPromptPositions, scored: false);
        foreach (int[] response in golden.Responses)
        {
            builder.Add(prompt, response, [.. Enumerable.Range(golden.ShortPromptPositions[^1] + 1, response.Length)], scored: true);
        }
        return builder.Build();
    }

    static TokenNode PromptNode(TokenTree tree) => tree.Nodes[0];

    internal static TokenNode[] Nodes(TokenTree tree, int rejected, bool shared) =>
        [.. Enumerable.Range(0, rejected + 1).Select(r => tree.Nodes[shared ? r + 1 : 2 * r + 2])];

    internal static SequenceLogProb SumOf(float[] logProbs, TokenNode node)
    {
        double sum = 0;
        for (int i = node.FirstScored; i < node.FirstScored + node.ScoredCount; i++)
        {
            sum += logProbs[i];
        }
        return new(sum, node.ScoredCount);
    }

    internal static float[] Spread(TokenTree tree, ObjectiveValue value, int rejected, bool shared)
    {
        float[] d = new float[tree.Scored.Count];
        TokenNode[] nodes = Nodes(tree, rejected, shared);
        TokenNode prompt = PromptNode(tree);
        d.AsSpan(prompt.FirstScored, prompt.ScoredCount).Fill((float)value.DPrompt);
        d.AsSpan(nodes[0].FirstScored, nodes[0].ScoredCount).Fill((float)value.DChosen);
        for (int j = 0; j < rejected; j++)
        {
            d.AsSpan(nodes[j + 1].FirstScored, nodes[j + 1].ScoredCount).Fill((float)value.DRejected[j]);
        }
        return d;
    }
}

/// <summary>How far results may be from a golden case.</summary>
/// <param name="Logits">Of logits.</param>
/// <param name="LogProbs">Of log-probabilities of tokens.</param>
/// <param name="Losses">Of losses, relative.</param>
/// <param name="Gradients">Of gradients, relative to the largest entry of the tensor.</param>
/// <param name="IsAbsolute">Whether the first two are absolute, and not relative to the largest value.</param>
sealed record GoldenTolerance(double Logits, double LogProbs, double Losses, double Gradients, bool IsAbsolute)
{
    /// <summary>Compares logits or log-probabilities.</summary>
    internal void Check(double[] expected, ReadOnlySpan<float> actual, double tolerance, string what) =>
        Near.RelativeToLargest(expected, actual, IsAbsolute ? tolerance / expected.Max(Math.Abs) : tolerance, what);
}
