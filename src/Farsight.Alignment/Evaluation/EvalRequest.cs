using System.Globalization;
using Farsight.Alignment.Documents;
using Farsight.Alignment.Evaluation.Metrics;
using Farsight.Alignment.Generation;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Models;

namespace Farsight.Alignment.Evaluation;

/// <summary>An evaluation as a user asks for it.</summary>
/// <param name="Tasks">Names of the catalog, "needle", or "perplexity".</param>
/// <param name="Lengths">Context lengths in tokens.</param>
/// <param name="Depths">How many, at equal distances from 0 to 1.</param>
/// <param name="Samples">Examples for each length and depth.</param>
/// <param name="Seed">Of everything drawn.</param>
/// <param name="Documents">Folder or file with the haystack's documents; null for invented ones.</param>
public sealed record EvalRequest(
    IReadOnlyList<string> Tasks, IReadOnlyList<int> Lengths, int Depths, int Samples, int Seed, string? Documents)
{
    /// <summary>The task that measures perplexity; it is not in the catalog, because it has no completions.</summary>
    public const string PerplexityName = "perplexity";

    const int FictionWords = 4000;

    // Keeps invented evaluation documents apart from those of training, whose collections have small numbers.
    const int FictionCollection = 1_000_000_000;

    // Enough places to cut from, without tokenising a library.
    const int LeastTokens = 1 << 16, MostTokens = 1 << 20;

    /// <summary>Everything that can be found wrong before a model is opened.</summary>
    /// <exception cref="InputException">A name is unknown, a number is out of range, or the documents are not there.</exception>
    public void Check()
    {
        foreach (string task in Tasks.Where(t => t != PerplexityName))
        {
            EvalTaskCatalog.Get(task);
        }
        (string What, bool Wrong)[] problems =
        [
            ("at least one task is needed", Tasks.Count == 0), ("at least one length is needed", Lengths.Count == 0),
            ("lengths must be at least 2 tokens", Lengths.Any(l => l < 2)), ("depths must be at least 1", Depths < 1),
            ("samples must be at least 1", Samples < 1),
            ($"documents '{Documents}' do not exist", Documents is not null && !Path.Exists(Documents)),
        ];
        foreach ((string what, _) in problems.Where(p => p.Wrong))
        {
            throw new InputException($"Evaluation: {what}.");
        }
    }

    /// <summary>The plan for a model.</summary>
    /// <exception cref="InputException">As <see cref="Check"/>, or the documents cannot be read.</exception>
    public EvalPlan For(LoadedModel model)
    {
        Check();
        int longest = Lengths.Max();
        Haystack haystack = Documents is null
            ? Haystack.Of(Fiction(), model.Text, Math.Max(LeastTokens, 4 * longest))
            : Haystack.Of(DocumentReader.Read(Documents), model.Text, MostTokens);
        return new(
            Identity(model), [.. Tasks.Where(t => t != PerplexityName).Select(EvalTaskCatalog.Get).Distinct()],
            [.. Lengths.Distinct().Order()], EvalSetting.EvenDepths(Depths), Samples, Seed,
            Documents is null ? $"invented documents, seed {Seed}" : Path.GetFileName(Path.TrimEndingDirectorySeparator(Documents)), haystack, model.Text,
            Tasks.Contains(PerplexityName) ? new(haystack.Tokens, model.Format.Bos, longest) : null);
    }

    /// <summary>Evaluates a model.</summary>
    /// <inheritdoc cref="EvalRunner.Run"/>
    public EvalResults Run(LoadedModel model, string? directory, IProgress<EvalProgress>? progress, CancellationToken cancellationToken) =>
        new EvalRunner(model.Completer, model.LogProbs).Run(For(model), directory, progress, cancellationToken);

    // The hashes keep the answers of retrained weights under the same name apart.
    static string Identity(LoadedModel model)
    {
        string adapter = model.AdapterPath is null ? "" : $"+{InputHash.OfModel(model.AdapterPath)[..8]}";
        return $"{model.Name}, {RopeName(model.Model.Config.RopeScaling)} ({InputHash.OfModel(model.DirectoryPath)[..8]}{adapter})";
    }

    static string RopeName(RopeScaling rope) => rope switch
    {
        RopeScaling.Unscaled => "plain RoPE",
        RopeScaling.Linear linear => string.Create(CultureInfo.InvariantCulture, $"linear × {linear.Factor}"),
        RopeScaling.Llama3 llama => string.Create(CultureInfo.InvariantCulture, $"Llama 3 × {llama.Factor}"),
        RopeScaling.Yarn yarn => string.Create(CultureInfo.InvariantCulture, $"YaRN × {yarn.Factor}"),
        RopeScaling.DynamicNtk dynamic => string.Create(CultureInfo.InvariantCulture, $"dynamic NTK × {dynamic.Factor}"),
        RopeScaling.LongRope longRope => string.Create(CultureInfo.InvariantCulture, $"LongRoPE × {longRope.Factor}"),
        _ => rope.ToString(),
    };

    IEnumerable<SourceDocument> Fiction()
    {
        for (int i = 0; ; i++)
        {
            yield return new($"invented {i}", FictionWriter.Write(FictionCollection + Seed, i, FictionWords).Text, []);
        }
    }
}
