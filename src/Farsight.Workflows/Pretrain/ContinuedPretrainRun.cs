using Farsight.Alignment.Corpus;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Pretrain;

/// <summary>Represents the inputs of continued pre-training.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="RecipePath">File of the recipe; relative paths in the recipe start there.</param>
/// <param name="Model">Directory of the model to start from.</param>
/// <param name="Output">The run directory.</param>
/// <param name="Resume">Whether an existing run is resumed.</param>
/// <param name="MemoryBytes">Bytes that the process may use; null for the memory of the machine.</param>
public sealed record ContinuedPretrainRequest(
    ContinuedPretrainRecipe Recipe, string RecipePath, string Model, string Output, bool Resume, long? MemoryBytes = null)
{
    /// <summary>Receives the samples of steps and measurements as they are computed; null for none.</summary>
    public Action<TrainingPart>? Parts { get; init; }
}

/// <summary>Runs a <see cref="ContinuedPretrainRecipe"/>: a model and a mixture of documents in, the model or an adapter out.</summary>
public static class ContinuedPretrainRun
{
    /// <summary>Trains or resumes, and writes model/, or adapter/ if an adapter was trained.</summary>
    /// <param name="request">Recipe, model and run directory.</param>
    /// <param name="progress">Receives the metrics after every step.</param>
    /// <param name="cancel">Finishes the step, saves and stops.</param>
    /// <param name="notice">Receives sentences about files that are skipped, and what is computed again; without it, such a file is an
    /// error.</param>
    /// <returns>The folder with the result.</returns>
    /// <exception cref="InputException">Model, documents and recipe do not fit together, the run directory does not fit, or the memory is
    /// too small.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the run can be resumed.</exception>
    public static string Start(
        ContinuedPretrainRequest request, IProgress<TrainingProgress>? progress, CancellationToken cancel, Action<string>? notice = null)
    {
        ContinuedPretrainRecipe recipe = request.Recipe;
        ModelConfig config = ModelFiles.ReadConfig(request.Model);
        TrainPlan plan = ContinuedPretrainPlan.Of(request, config);
        Recomputation level = ContinuedPretrainPlan.Require(plan);
        if (level != Recomputation.None)
        {
            notice?.Invoke(
                $"To stay within {TrainPlan.Text(plan.Budget)}, the backward pass recomputes {TrainPlan.Describe(level)}; farsight plan "
                    + "shows the figures.");
        }
        try
        {
            return Train(request, config, level, progress, notice, cancel);
        }
        catch (OutOfMemoryException e)
        {
            throw plan.Exhausted(e);
        }
    }

    static string Train(
        ContinuedPretrainRequest request, ModelConfig config, Recomputation level, IProgress<TrainingProgress>? progress,
        Action<string>? notice, CancellationToken cancel)
    {
        ContinuedPretrainRecipe recipe = request.Recipe;
        MixtureInputs inputs = MixtureInputs.Read(request, config, notice);
        Dictionary<string, string> hashes = new() { ["base_model"] = InputHash.OfModel(request.Model) };
        foreach ((string key, string hash) in inputs.Hashes)
        {
            hashes[key] = hash;
        }
        RunManifest manifest = RunManifest.OfThisProcess("pretrain", recipe.Seed, hashes) with
        {
            KeptActivations = level == Recomputation.RoundedLayer ? "BF16" : "exact",
            Precision = recipe.Precision?.RecordedName(),
        };
        using RunDirectory run = RunDirectory.Open(request.Output, RecipeFile.Resolve(recipe), manifest, request.Resume);
        int window = MixtureInputs.WindowOf(recipe);
        using DecoderModel model = ModelLoader.Load(
            request.Model, RopeOption.Parse(recipe.Rope, config), recipe.Weights?.ToNumberFormat(), window);
        model.Arithmetic = recipe.Precision ?? Arithmetic.F32;
        TrainRun.MakeTrainable(model, recipe.Lora, recipe.Seed);
        TrainingOptions options = new(recipe.Steps, recipe.EvalEvery, recipe.CheckpointEvery, recipe.Optimizer, recipe.Schedule);
        using (TrainingLoop loop = new(new TrainableModel(model, level), inputs.Work, options, run) { Parts = request.Parts })
        {
            loop.Run(progress, cancel);
        }
        return new TrainingOutput(model, recipe.Lora, request.Model, request.Model, window).WriteResult(run);
    }
}

/// <summary>Represents the documents of a mixture as training work.</summary>
/// <param name="Work">The work.</param>
/// <param name="Hashes">SHA-256 of the documents by the recipe's key.</param>
sealed record MixtureInputs(MixtureWork Work, IReadOnlyDictionary<string, string> Hashes)
{
    /// <summary>Reads and tokenizes the documents.</summary>
    /// <exception cref="InputException">Documents are missing, or a domain has too few.</exception>
    internal static MixtureInputs Read(ContinuedPretrainRequest request, ModelConfig config, Action<string>? notice)
    {
        ContinuedPretrainRecipe recipe = request.Recipe;
        Tokenizer tokenizer = Tokenizer.LoadFor(request.Model, config.VocabSize);
        string[][] texts =
        [
            .. recipe.Domains.Select((d, i) => TextsOf(
                RecipeFile.Locate(request.RecipePath, $"domains[{i}].documents", d.Documents), notice)),
        ];
        MixtureWork work = new(
            [.. recipe.Domains.Select((d, i) => MixtureSource.Create(
                NameOf(recipe, i), d.Share, d.Length, d.MinTokens, texts[i], recipe.HeldOut, tokenizer, recipe.Seed))],
            config.BosTokenId, recipe.TokensPerStep, recipe.MicroBatchTokens, recipe.Seed);
        return new(work, texts.Index().ToDictionary(t => $"domains[{t.Index}]", t => InputHash.OfText(string.Join('\0', t.Item))));
    }

    /// <summary>Returns the tokens of the longest sequence with its BOS.</summary>
    internal static int WindowOf(ContinuedPretrainRecipe recipe) => recipe.Domains.Max(d => d.Length) + 1;

    static string[] TextsOf(string path, Action<string>? notice) =>
        [.. DocumentReader.Read(path, notice).Select(d => WrappedLines.Join(d.Text))];

    /// <summary>Returns the last part of a domain's path; with its number if another domain has the same.</summary>
    static string NameOf(ContinuedPretrainRecipe recipe, int number)
    {
        string[] names = [.. recipe.Domains.Select(d => Path.GetFileName(Path.TrimEndingDirectorySeparator(d.Documents)))];
        return names.Count(n => n == names[number]) == 1 ? names[number] : FormattableString.Invariant($"{names[number]} {number + 1}");
    }
}
