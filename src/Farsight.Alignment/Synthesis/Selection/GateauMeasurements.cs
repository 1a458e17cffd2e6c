using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Synthesis.Selection;

/// <summary>Measures samples and keeps the results beside the output, so that a stopped run resumes.</summary>
/// <remarks>The first line of FILE.scores.jsonl has the settings, each other line the measurement of a sample, in the dataset's order.
/// </remarks>
static class GateauMeasurements
{
    static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Reads the kept measurements and makes the missing ones.</summary>
    internal static IReadOnlyList<GateauMeasurement> Complete(
        GateauOptions options, SampleLines lines, JsonObject settings, IProgress<int>? progress, CancellationToken cancel)
    {
        string path = options.Out + ".scores.jsonl";
        using FileStream file = ExclusiveFile.Open(path);
        List<GateauMeasurement> measured = Resume(file, path, settings);
        progress?.Report(measured.Count);
        if (measured.Count == lines.Count)
        {
            return measured;
        }
        using LoadedModel model = LoadedModel.Open(options.Model), without = LoadedModel.Open(options.Base);
        GateauMeter meter = new(options, model.Format, model.LanguageModel, without.LanguageModel);
        for (int i = measured.Count; i < lines.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            measured.Add(meter.Measure(lines.Read(i).Sample, cancel).GetAwaiter().GetResult());
            Append(file, JsonSerializer.Serialize(measured[^1], s_json));
            progress?.Report(measured.Count);
        }
        return measured;
    }

    /// <summary>Reads whole lines and cuts off the rest.</summary>
    static List<GateauMeasurement> Resume(FileStream file, string path, JsonObject settings)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        int end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        file.SetLength(end);
        file.Position = end;
        string[] whole = Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (whole.Length == 0)
        {
            Append(file, settings.ToJsonString());
            return [];
        }
        try
        {
            return JsonNode.DeepEquals(JsonNode.Parse(whole[0]), JsonNode.Parse(settings.ToJsonString()))
                ? [.. whole.Skip(1).Select(l => JsonSerializer.Deserialize<GateauMeasurement>(l, s_json)!)]
                : throw new InputException($"{path} was made with other models, data or settings; remove it, or use another output file.");
        }
        catch (JsonException e)
        {
            throw new InputException($"{path} is damaged; remove it to start again.", e);
        }
    }

    static void Append(FileStream file, string line)
    {
        file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        file.Flush(flushToDisk: true);
    }
}

/// <summary>Measures samples with two models.</summary>
/// <param name="options">The options.</param>
/// <param name="format">Chat format of both models.</param>
/// <param name="model">The long-context model, which also measures segments and attention.</param>
/// <param name="without">The homologous model.</param>
sealed class GateauMeter(GateauOptions options, ChatFormat format, ILanguageModel model, ILanguageModel without)
{
    /// <summary>Measures a sample.</summary>
    internal async Task<GateauMeasurement> Measure(PreferenceSample sample, CancellationToken cancel)
    {
        int[] context = [.. sample.Context.SelectMany(c => c.Tokens)], response = format.Response(sample.Chosen, sample.ChosenCalls);
        response = response[..Math.Min(response.Length, options.ResponseTokens)];
        (int[] before, int[] after) = format.Frame(sample.Question, context.Length > 0, sample.History, sample.ToolUse);
        int[] prompt = [.. before, .. context, .. after];
        int[][] segments = [.. context.Chunk(options.SegmentTokens)];
        // Each model scores the whole prompt in a call of its own: equal models then have equal bits.
        double withoutLoss = (await Losses(without, [prompt], response, cancel).ConfigureAwait(false))[0],
            withLoss = (await Losses(model, [prompt], response, cancel).ConfigureAwait(false))[0];
        double[] losses = segments.Length < 2
            ? []
            : await Losses(model, [.. segments.Select(s => (int[])[.. before, .. s, .. after])], response, cancel).ConfigureAwait(false);
        double agreement = segments.Length < 2
            ? 1
            : GateauSelection.Agreement(
                losses, await Attention(prompt, before.Length, segments, response, cancel).ConfigureAwait(false));
        return new(sample.Id, withoutLoss, withLoss, agreement);
    }

    static async Task<double[]> Losses(ILanguageModel scorer, int[][] prompts, int[] response, CancellationToken cancel)
    {
        IReadOnlyList<ChoiceLogProb[]> scores = await scorer.ScoreAsync(
            [.. prompts.Select(p => new ChoiceRequest(p, [response]))], cancel).ConfigureAwait(false);
        return [.. scores.Select(s => -s[0].LogProb / s[0].Tokens)];
    }

    /// <summary>[segments] Computes the share of tokens and heads whose highest attention falls into each segment.</summary>
    async Task<double[]> Attention(int[] prompt, int start, int[][] segments, int[] response, CancellationToken cancel)
    {
        CompletionRequest request = new(new Prompt.Tokens(prompt), new(response.Length)) { ObservesHeads = true, Given = response };
        HeadTrace heads = (await model.CompleteAsync([request], cancel).ConfigureAwait(false))[0].Heads!;
        cancel.ThrowIfCancellationRequested();
        double[] counts = new double[segments.Length];
        foreach (int place in heads.Peaks.SelectMany(p => p))
        {
            int segment = (place - start) / options.SegmentTokens;
            if (place >= start && segment < segments.Length)
            {
                counts[segment]++;
            }
        }
        double all = heads.Peaks.Sum(p => p.Length);
        return [.. counts.Select(c => c / all)];
    }
}
