using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Synthesis.Selection;

/// <summary>Holds the options of GATEAU.</summary>
/// <param name="Dataset">The .jsonl file.</param>
/// <param name="Model">Directory of the model that was trained for long contexts.</param>
/// <param name="Base">Directory of the homologous model, which was not.</param>
/// <param name="Out">The .jsonl file to write; it must not exist. The scores are kept beside it.</param>
/// <param name="Keep">Number of samples to keep.</param>
public sealed record GateauOptions(string Dataset, string Model, string Base, string Out, int Keep)
{
    /// <summary>α, the weight of the guidance of the two models against the contextual awareness.</summary>
    public double Alpha { get; init; } = 0.8;

    /// <summary>Tokens per segment of the context.</summary>
    public int SegmentTokens { get; init; } = 128;

    /// <summary>Maximum tokens of a response that are scored.</summary>
    public int ResponseTokens { get; init; } = 500;

    /// <summary>Checks the values.</summary>
    /// <exception cref="OptionException">A value cannot be used.</exception>
    public void Check()
    {
        (string, int)[] counts = [("keep", Keep), ("segment_tokens", SegmentTokens), ("response_tokens", ResponseTokens)];
        foreach ((string key, int value) in counts)
        {
            if (value < 1)
            {
                throw new OptionException(key, $"is {value}; use 1 or more.");
            }
        }
        if (!(Alpha is >= 0 and <= 1))
        {
            throw new OptionException("alpha", "must be 0 to 1.");
        }
    }
}

/// <summary>Represents what two models measure of a sample.</summary>
/// <param name="Id">Id of the sample.</param>
/// <param name="BaseLoss">Mean negative log-likelihood of the response per token under the base model, in nats.</param>
/// <param name="ModelLoss">The same under the long-context model.</param>
/// <param name="Agreement">Cosine similarity of two weights of the segments: how likely each makes the response, and how much attention the
/// response pays to it; 0 to 1.</param>
public sealed record GateauMeasurement(string Id, double BaseLoss, double ModelLoss, double Agreement);

/// <summary>Keeps the samples from which a model learns most about long contexts.</summary>
/// <remarks>
/// Source: GATEAU, arXiv:2410.15633. HMG = min-max(perplexity of the base model) − min-max(perplexity of the long-context model): the
/// response is hard without long training. CAM = 1 − agreement: the segments that make the response likely are not those that it attends
/// to. final = α · HMG + (1 − α) · CAM. Differences: both parts are scaled to 0 to 1 before they are mixed, because the authors' softmax
/// over the dataset makes HMG vanish; the segment perplexity is of the response alone; a context is not padded; attention is the share of
/// heads and tokens whose highest attention falls into a segment.
/// </remarks>
public static class GateauSelection
{
    /// <summary>Measures all samples, resuming from measurements beside the output, and writes the best in the dataset's order.</summary>
    /// <param name="options">The options.</param>
    /// <param name="progress">Receives the number of measured samples.</param>
    /// <param name="cancel">Stops after the current sample; the same call resumes.</param>
    /// <returns>The measurements with their final scores, best first.</returns>
    /// <exception cref="InputException">Options, models and dataset do not fit together, or the output exists.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the measurements are kept.</exception>
    public static IReadOnlyList<(GateauMeasurement Sample, double Score)> Write(
        GateauOptions options, IProgress<int>? progress, CancellationToken cancel)
    {
        options.Check();
        AtomicFile.RequireNew(options.Out);
        SampleLines lines = SampleLines.Of(options.Dataset);
        if (options.Keep > lines.Count)
        {
            throw new OptionException("keep", $"is {options.Keep}, and {options.Dataset} has {lines.Count} samples; lower it.");
        }
        JsonObject settings = new()
        {
            ["method"] = "gateau",
            ["model"] = InputHash.OfModel(options.Model),
            ["base"] = InputHash.OfModel(options.Base),
            ["dataset"] = lines.Sha256,
            ["segment_tokens"] = options.SegmentTokens,
            ["response_tokens"] = options.ResponseTokens,
        };
        IReadOnlyList<GateauMeasurement> measured = GateauMeasurements.Complete(options, lines, settings, progress, cancel);
        IReadOnlyList<(GateauMeasurement Sample, double Score)> ranked = Rank(measured, options.Alpha);
        HashSet<string> kept = [.. ranked.Take(options.Keep).Select(r => r.Sample.Id)];
        settings["alpha"] = options.Alpha;
        settings["keep"] = options.Keep;
        SelectedSamples.Write(
            options.Out, lines, [.. Enumerable.Range(0, lines.Count).Where(i => kept.Contains(measured[i].Id))], settings);
        return ranked;
    }

    /// <summary>Ranks samples by α · HMG + (1 − α) · CAM, the hardest first; equal scores by id.</summary>
    /// <param name="measured">Measurements in any order.</param>
    /// <param name="alpha">α.</param>
    internal static IReadOnlyList<(GateauMeasurement Sample, double Score)> Rank(IReadOnlyList<GateauMeasurement> measured, double alpha)
    {
        double[] bases = Scaled([.. measured.Select(m => Math.Exp(m.BaseLoss))]),
            models = Scaled([.. measured.Select(m => Math.Exp(m.ModelLoss))]);
        double[] guidance = Scaled([.. bases.Zip(models, (a, b) => a - b)]),
            awareness = Scaled([.. measured.Select(m => 1 - m.Agreement)]);
        return
        [
            .. measured.Select((m, i) => (m, Score: (alpha * guidance[i]) + ((1 - alpha) * awareness[i])))
                .OrderByDescending(r => r.Score).ThenBy(r => r.m.Id, StringComparer.Ordinal),
        ];
    }

    /// <summary>Computes the cosine similarity of the softmax of −loss over segments with the shares of attention.</summary>
    /// <param name="losses">[segments] Loss of the response after each segment alone.</param>
    /// <param name="attention">[segments] Attention of the response, 0 or more.</param>
    /// <returns>The similarity; 1 for a context of one segment, and 0 if no attention falls into the context.</returns>
    internal static double Agreement(IReadOnlyList<double> losses, IReadOnlyList<double> attention)
    {
        double least = losses.Min();
        double[] likely = [.. losses.Select(l => Math.Exp(least - l))];
        double dot = likely.Zip(attention, (a, b) => a * b).Sum(),
            norms = Math.Sqrt(likely.Sum(a => a * a) * attention.Sum(b => b * b));
        return losses.Count == 1 ? 1 : norms == 0 ? 0 : dot / norms;
    }

    /// <summary>Scales values to 0 to 1; equal values to 0.</summary>
    static double[] Scaled(double[] values)
    {
        double least = values.Min(), range = values.Max() - least;
        return [.. values.Select(v => range == 0 ? 0 : (v - least) / range)];
    }
}
