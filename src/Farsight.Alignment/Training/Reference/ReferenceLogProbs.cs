using System.Text.Json;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Training.Reference;

/// <summary>Computes the responses' log-probabilities under the model before training, once, and keeps them in a file.</summary>
/// <remarks>
/// The reference reads every sample at the positions 0, 1, 2, … that it was trained for, whatever positions the policy is
/// trained at: the short-to-long constraint of arXiv:2502.13922, where the reference judges what it can judge well.
/// </remarks>
public static class ReferenceLogProbs
{
    sealed record Line(string Id, double ChosenSum, int ChosenTokens, double[] RejectedSums, int[] RejectedTokens);

    /// <summary>Reads the file if it exists; otherwise computes every sample and writes the file.</summary>
    /// <remarks>Ranks divide the samples. Rank 0 reads or writes the file; the other ranks receive its text.</remarks>
    /// <param name="path">File of this model and these samples; ignored on every rank but 0.</param>
    /// <param name="model">The model before its first step.</param>
    /// <param name="samples">All samples of the run.</param>
    /// <param name="rejectedResponses">Number of rejected responses that the objective uses; null for all.</param>
    /// <param name="cancel">Stops between samples and discards the results.</param>
    /// <param name="grid">Processes that divide the samples and their rows; null for this one alone.</param>
    /// <param name="progress">Receives finished and total samples while they are computed; null for none.</param>
    /// <returns>By question id.</returns>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static IReadOnlyDictionary<string, PreferenceLogProbs> ReadOrCompute(
        string path, ITrainable model, IReadOnlyList<SampleTokens> samples, int? rejectedResponses, CancellationToken cancel,
        RankGrid? grid = null, Action<int, int>? progress = null)
    {
        grid ??= new(SingleProcess.Instance);
        Communicator ranks = grid.All;
        if (ranks.Any(ranks.IsFirst && File.Exists(path)))
        {
            string? stored = ranks.IsFirst ? string.Join('\n', JsonLines.ReadComplete(path)) : null;
            return Read(path, ranks.Broadcast(stored)!.Split('\n', StringSplitOptions.RemoveEmptyEntries), samples);
        }
        List<string> lines = Compute(model, samples, rejectedResponses, grid, progress, cancel);
        if (ranks.IsFirst)
        {
            AtomicFile.WriteText(path, string.Concat(lines.Select(l => l + "\n")));
        }
        return Read(path, lines, samples);
    }

    /// <summary>Returns the log-probabilities of rank 0 on every rank.</summary>
    /// <param name="reference">By question id; ignored on other ranks.</param>
    /// <param name="ranks">The ranks.</param>
    public static IReadOnlyDictionary<string, PreferenceLogProbs> Share(
        IReadOnlyDictionary<string, PreferenceLogProbs> reference, Communicator ranks)
    {
        if (ranks.Size == 1)
        {
            return reference;
        }
        string? text = ranks.IsFirst ? string.Join('\n', reference.Select(r => Format(r.Key, r.Value))) : null;
        return Read("the reference of rank 0", ranks.Broadcast(text)!.Split('\n', StringSplitOptions.RemoveEmptyEntries), []);
    }

    /// <summary>Returns one line per question, in the order of the samples. Sample i is computed by the data rank i mod D.</summary>
    static List<string> Compute(
        ITrainable model, IReadOnlyList<SampleTokens> samples, int? rejectedResponses, RankGrid grid, Action<int, int>? progress,
        CancellationToken cancel)
    {
        List<string> lines = [];
        for (int first = 0; first < samples.Count; first += grid.Data.Size)
        {
            progress?.Invoke(first, samples.Count);
            if (grid.All.Any(cancel.IsCancellationRequested))
            {
                throw new OperationCanceledException(cancel);
            }
            string own = first + grid.Data.Rank < samples.Count && samples[first + grid.Data.Rank] is var sample
                ? string.Join('\n', sample.QuestionIds.Zip(Compute(model, sample, rejectedResponses), Format))
                : "";
            // Every context rank has the result.
            lines.AddRange(grid.All.AllGather(grid.Context.IsFirst ? own : "")
                .SelectMany(l => l.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        }
        progress?.Invoke(samples.Count, samples.Count);
        return lines;
    }

    static string Format(string id, PreferenceLogProbs logProbs) => JsonSerializer.Serialize(new Line(
        id, logProbs.Chosen.Sum, logProbs.Chosen.Tokens,
        [.. logProbs.Rejected.Select(r => r.Sum)], [.. logProbs.Rejected.Select(r => r.Tokens)]));

    /// <summary>[K] of each question.</summary>
    static PreferenceLogProbs[] Compute(ITrainable model, SampleTokens sample, int? rejectedResponses)
    {
        SampleTree builder = new();
        IReadOnlyList<SampleNodes> questions = builder.Add(sample, Plain.Of(sample.Shape), rejectedResponses, scorePrompt: false);
        TokenTree tree = builder.Build();
        using ITreePass pass = model.Evaluate(tree);
        PreferenceLogProbs[] logProbs = new PreferenceLogProbs[questions.Count];
        for (int k = 0; k < logProbs.Length; k++)
        {
            logProbs[k] = PreferenceBridge.Read(tree, questions[k], pass.LogProbs);
        }
        return logProbs;
    }

    static Dictionary<string, PreferenceLogProbs> Read(string path, IEnumerable<string> lines, IEnumerable<SampleTokens> samples)
    {
        const string Advice = "remove the file, and the next start computes it again";
        Dictionary<string, PreferenceLogProbs> reference = new(StringComparer.Ordinal);
        foreach ((int index, string text) in lines.Index())
        {
            Line line = JsonLines.Parse(text, index + 1, path, l => JsonSerializer.Deserialize<Line>(l, StrictJson.Plain)!, Advice);
            if (line.RejectedSums.Length != line.RejectedTokens.Length)
            {
                throw new InputException(
                    $"{path}: '{line.Id}' has {line.RejectedSums.Length} sums and {line.RejectedTokens.Length} lengths; {Advice}.");
            }
            PreferenceLogProbs logProbs = new(
                new(line.ChosenSum, line.ChosenTokens),
                [.. line.RejectedSums.Zip(line.RejectedTokens, (sum, tokens) => new SequenceLogProb(sum, tokens))]);
            if (!reference.TryAdd(line.Id, logProbs))
            {
                throw new InputException($"{path} has the sample '{line.Id}' twice; {Advice}.");
            }
        }
        return samples.SelectMany(s => s.QuestionIds).FirstOrDefault(id => !reference.ContainsKey(id)) is { } missing
            ? throw new InputException($"{path} lacks the sample '{missing}'; {Advice}.")
            : reference;
    }
}
