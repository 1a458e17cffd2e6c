using Farsight.Alignment.Objectives;
using Farsight.Alignment.Training;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Parameters;
using Farsight.Tests.Golden;

namespace Farsight.Torch.Tests;

/// <summary>The device against log-probabilities, losses and gradients that transformers computed in float64.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Cases => [.. Folders("goldens"), .. Folders("goldens-families")];

    [SharedTheory("goldens"), MemberData(nameof(Cases))]
    public void A_case_is_reproduced(string name)
    {
        using GoldenCase golden = new(SharedMaterial.PathOf(name));
        using DecoderModel policy = golden.Policy(), reference = ModelLoader.Load(golden.Folder);
        using IDeviceModel model = Passes.OnTorch(policy), frozen = Passes.OnTorch(reference);
        double[] sums = Sums(frozen, Tree(golden, 2)), shortSums = Sums(frozen, ShortTree(golden));
        Near.Each(golden.Results("ref_short_logps_sum"), [.. shortSums.Select(s => (float)s)], relative: 1e-4, absolute: 0);

        foreach (string loss in golden.Losses)
        {
            (IPreferenceObjective objective, int rejected) = ObjectiveOf(golden, loss);
            CheckLoss(golden, model, loss, objective, rejected, objective.ReferenceIsShort ? shortSums : sums);
        }
    }

    static void CheckLoss(
        GoldenCase golden, IDeviceModel model, string loss, IPreferenceObjective objective, int rejected, double[] referenceSums)
    {
        Passes.ClearGradients(model);
        TokenTree tree = Tree(golden, rejected);
        using ITreePass pass = model.Forward(tree);
        SequenceLogProb[] sequences = [.. tree.Nodes.Skip(1).Select(n => SumOf(pass.LogProbs, n))];
        PreferenceLogProbs reference = new(
            new(referenceSums[0], sequences[0].Tokens),
            [.. sequences.Skip(1).Select((s, j) => new SequenceLogProb(referenceSums[j + 1], s.Tokens))]);
        ObjectiveValue value = objective.Evaluate(new(sequences[0], sequences[1..], reference, SumOf(pass.LogProbs, tree.Nodes[0])));

        double expected = golden.Result($"loss.{loss}");
        Assert.InRange(value.Loss, expected - 1e-4 * Math.Max(1, Math.Abs(expected)), expected + 1e-4 * Math.Max(1, Math.Abs(expected)));
        for (int r = 0; r <= rejected; r++)
        {
            TokenNode node = tree.Nodes[r + 1];
            Near.RelativeToLargest(
                golden.Values($"policy.token_logps.{r}"),
                pass.LogProbs.Slice(node.FirstScored, node.ScoredCount),
                1e-4,
                $"{loss}: response {r}");
        }

        float[] derivatives = new float[tree.Scored.Count];
        Fill(derivatives, tree.Nodes[0], value.DPrompt);
        Fill(derivatives, tree.Nodes[1], value.DChosen);
        for (int r = 1; r <= rejected; r++)
        {
            Fill(derivatives, tree.Nodes[r + 1], value.DRejected[r - 1]);
        }
        pass.Backward(derivatives);

        int compared = 0;
        foreach (Parameter parameter in model.Parameters.Where(p => golden.Has($"grad.{loss}.{p.Name}")))
        {
            Near.RelativeToLargest(
                golden.Values($"grad.{loss}.{parameter.Name}"),
                Array.ConvertAll(Passes.WholeGradient(parameter), g => (float)g),
                5e-4,
                $"{loss}: {parameter.Name}");
            compared++;
        }
        double norm = Math.Sqrt(model.Parameters.Sum(p => Passes.WholeGradient(p).Sum(g => g * g))),
            expectedNorm = golden.Result($"grad_norm.{loss}");
        Assert.InRange(norm, expectedNorm * (1 - 5e-4), expectedNorm * (1 + 5e-4));
        Assert.True(loss != "logo" || compared == model.Parameters.Count, $"{compared} of {model.Parameters.Count} gradients compared.");
    }

    /// <summary>The largest difference of a response's log-probability in nats, and the relative error of the gradients of LOGO.</summary>
    internal static (double LogProb, double Gradient) LogoErrors(GoldenCase golden, IDeviceModel model)
    {
        Passes.ClearGradients(model);
        TokenTree tree = Tree(golden, 2);
        using ITreePass pass = model.Forward(tree);
        SequenceLogProb[] sequences = [.. tree.Nodes.Skip(1).Select(n => SumOf(pass.LogProbs, n))];
        ObjectiveValue value = Logo(golden).Evaluate(new(sequences[0], sequences[1..]));
        float[] derivatives = new float[tree.Scored.Count], logProbs = pass.LogProbs.ToArray();
        Fill(derivatives, tree.Nodes[1], value.DChosen);
        double logProb = 0, error = 0, norm = 0;
        for (int r = 0; r <= 2; r++)
        {
            TokenNode node = tree.Nodes[r + 1];
            if (r > 0)
            {
                Fill(derivatives, node, value.DRejected[r - 1]);
            }
            logProb = Math.Max(logProb, golden.Values($"policy.token_logps.{r}")
                .Zip(logProbs.Skip(node.FirstScored).Take(node.ScoredCount), (e, a) => Math.Abs(e - a)).Max());
        }
        pass.Backward(derivatives);
        foreach (Parameter parameter in model.Parameters)
        {
            foreach ((double wanted, double given) in golden.Values($"grad.logo.{parameter.Name}").Zip(Passes.WholeGradient(parameter)))
            {
                (error, norm) = (error + (given - wanted) * (given - wanted), norm + wanted * wanted);
            }
        }
        return (logProb, Math.Sqrt(error / norm));
    }

    static void Fill(float[] derivatives, TokenNode node, double value) =>
        derivatives.AsSpan(node.FirstScored, node.ScoredCount).Fill((float)value);

    static (IPreferenceObjective Objective, int Rejected) ObjectiveOf(GoldenCase golden, string loss) => loss switch
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

    static double[] Sums(IDeviceModel model, TokenTree tree)
    {
        using ITreePass pass = model.Evaluate(tree);
        float[] values = pass.LogProbs.ToArray();
        return [.. tree.Nodes.Skip(1).Select(n => SumOf(values, n).Sum)];
    }

    static SequenceLogProb SumOf(ReadOnlySpan<float> logProbs, TokenNode node)
    {
        double sum = 0;
        foreach (float value in logProbs.Slice(node.FirstScored, node.ScoredCount))
        {
            sum += value;
        }
        return new(sum, node.ScoredCount);
    }

    /// <summary>Returns the prompt once with the responses under it.</summary>
    static TokenTree Tree(GoldenCase golden, int rejected) => Tree(
        golden.Prompt, golden.PromptPositions, scoresPrompt: true, golden.Responses[..(rejected + 1)],
        r => golden.ResponsePositions[r]);

    static TokenTree ShortTree(GoldenCase golden) => Tree(
        golden.ShortPrompt, golden.ShortPromptPositions, scoresPrompt: false, golden.Responses,
        r => [.. Enumerable.Range(golden.ShortPromptPositions[^1] + 1, golden.Responses[r].Length)]);

    static TokenTree Tree(int[] prompt, int[] positions, bool scoresPrompt, int[][] responses, Func<int, int[]> responsePositions)
    {
        TokenTreeBuilder builder = new();
        bool[] scored = [.. prompt.Select((_, i) => scoresPrompt && i > 0)];
        int root = builder.Add(TokenTreeBuilder.Root, prompt, positions, scored);
        for (int r = 0; r < responses.Length; r++)
        {
            builder.Add(root, responses[r], responsePositions(r), scored: true);
        }
        return builder.Build();
    }

    static IEnumerable<string> Folders(string folder) => Directory.Exists(SharedMaterial.PathOf(folder))
        ? Directory.GetDirectories(SharedMaterial.PathOf(folder)).Select(d => Path.GetRelativePath(SharedMaterial.Root, d))
            .Order(StringComparer.Ordinal)
        : [$"{folder}/missing"];
}
