using System.Text;
using System.Text.Json;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Training;

/// <summary>Computes the responses' log-probabilities under the model before training, once, and keeps them in a file.</summary>
/// <remarks>
/// The reference reads every sample at the positions 0, 1, 2, … that it was trained for, whatever positions the policy is
/// trained at: the short-to-long constraint of arXiv:2502.13922, where the reference judges what it can judge well.
/// </remarks>
public static class ReferenceLogProbs
{
    sealed record Line(string Id, double ChosenSum, int ChosenTokens, double[] RejectedSums, int[] RejectedTokens);

    /// <summary>Reads the file if it exists; otherwise computes every sample and writes the file.</summary>
    /// <param name="path">File of this model and these samples.</param>
    /// <param name="model">The model before its first step.</param>
    /// <param name="samples">All samples of the run.</param>
    /// <param name="rejectedResponses">Number of rejected responses that the objective uses; null for all.</param>
    /// <param name="cancel">Stops between samples and discards the results.</param>
    /// <returns>By question id.</returns>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static IReadOnlyDictionary<string, PreferenceLogProbs> ReadOrCompute(
        string path, ITrainable model, IEnumerable<SampleTokens> samples, int? rejectedResponses, CancellationToken cancel)
    {
        if (File.Exists(path))
        {
            return Read(path, samples);
        }
        Dictionary<string, PreferenceLogProbs> reference = new(StringComparer.Ordinal);
        StringBuilder lines = new();
        foreach (SampleTokens sample in samples)
        {
            cancel.ThrowIfCancellationRequested();
            foreach ((string id, PreferenceLogProbs logProbs) in sample.QuestionIds.Zip(Compute(model, sample, rejectedResponses)))
            {
                reference[id] = logProbs;
                lines.Append(JsonSerializer.Serialize(new Line(
                    id, logProbs.Chosen.Sum, logProbs.Chosen.Tokens,
                    [.. logProbs.Rejected.Select(r => r.Sum)], [.. logProbs.Rejected.Select(r => r.Tokens)]))).Append('\n');
            }
        }
        AtomicFile.WriteText(path, lines.ToString());
        return reference;
    }

    /// <summary>[K] of each question.</summary>
    static PreferenceLogProbs[] Compute(ITrainable model, SampleTokens sample, int? rejectedResponses)
    {
        SampleTree builder = new();
        SeededRandom unused = default;
        IReadOnlyList<SampleNodes> questions = builder.Add(
            sample, new Plain().Assign(sample.Shape, ref unused), rejectedResponses, scorePrompt: false);
        TokenTree tree = builder.Build();
        using ITreePass pass = model.Evaluate(tree);
        PreferenceLogProbs[] logProbs = new PreferenceLogProbs[questions.Count];
        for (int k = 0; k < logProbs.Length; k++)
        {
            logProbs[k] = PreferenceBridge.Read(tree, questions[k], pass.LogProbs);
        }
        return logProbs;
    }

    static Dictionary<string, PreferenceLogProbs> Read(string path, IEnumerable<SampleTokens> samples)
    {
        const string Advice = "remove the file, and the next start computes it again";
        Dictionary<string, PreferenceLogProbs> reference = new(StringComparer.Ordinal);
        foreach (Line line in JsonLines.Read(path, l => JsonSerializer.Deserialize<Line>(l, StrictJson.Plain)!, Advice))
        {
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
