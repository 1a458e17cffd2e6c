using System.Globalization;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Workflows.Pretrain;

/// <summary>Runs a <see cref="PretrainRecipe"/>: documents in, a small base model with its tokenizer out.</summary>
public static class PretrainRun
{
    /// <summary>Trains or resumes, and writes the model to the run's model/ folder.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="documents">Folder or file with the documents.</param>
    /// <param name="output">The run directory.</param>
    /// <param name="resume">Whether an existing run is resumed.</param>
    /// <param name="progress">Receives the metrics after every step.</param>
    /// <param name="cancel">Finishes the step, saves and stops.</param>
    /// <param name="notice">Receives sentences about files that are skipped; without it, such a file is an error.</param>
    /// <param name="parts">Receives the samples of steps and measurements as they are computed; null for none.</param>
    /// <returns>The model's folder.</returns>
    /// <exception cref="InputException">A listed document is missing, there is no text, or the run directory does not fit.</exception>
    public static string Start(
        PretrainRecipe recipe,
        string documents,
        string output,
        bool resume,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancel,
        Action<string>? notice = null,
        Action<TrainingPart>? parts = null)
    {
        CheckMemory(recipe.Model);
        IReadOnlyList<string> given = [.. Given(recipe, documents, notice).Select(WrappedLines.Join)];
        RunManifest manifest = RunManifest.OfThisProcess(
            "pretrain",
            recipe.Seed,
            new Dictionary<string, string> { ["documents"] = InputHash.OfText(string.Concat(given)) });
        using RunDirectory run = RunDirectory.Open(output, RecipeFile.Resolve(recipe), manifest, resume);

        string[] fiction =
        [
            .. Enumerable.Range(0, recipe.Fiction.Documents).Select(i => FictionWriter.Write(recipe.Seed, i, recipe.Fiction.Words).Text),
        ];
        Tokenizer tokenizer = BpeTrainer.Train(
            [.. given, .. fiction, .. NeedleTexts(recipe.Seed)],
            recipe.Model.VocabSize,
            ChatFormat.SpecialTokens,
            ChatFormat.SpecialTokens[0]);
        ChatFormat format = ChatFormat.For(tokenizer);
        TokenCorpus[] corpora =
        [
            .. new[] { given, fiction }.Where(texts => texts.Count > 0).Select(texts => new TokenCorpus(texts, tokenizer)),
        ];

        using DecoderModel model = new(recipe.Model.ToConfig(format.Bos, format.Eos), new RandomWeights(recipe.Seed));
        model.Arithmetic = recipe.Precision ?? Arithmetic.F32;
        model.TrainEverything();
        PretrainingWork work = new(
            new(corpora, tokenizer, format, recipe.LossWeights),
            recipe.Phases,
            recipe.MicroBatchTokens,
            recipe.Seed);
        TrainingOptions options = new(
            recipe.Phases.Sum(p => p.Steps),
            recipe.EvalEvery,
            recipe.CheckpointEvery,
            recipe.Optimizer,
            recipe.Schedule);
        using (TrainingLoop loop = new(new TrainableModel(model), work, options, run) { Parts = parts })
        {
            loop.Run(progress, cancel);
        }

        AtomicDirectory.Write(run.Model, "config.json", folder =>
        {
            ModelWriter.Write(folder, model.Config, model.Parameters, NumberFormat.BF16);
            tokenizer.Save(folder);
            format.Save(folder, model.Config.MaxPositionEmbeddings);
        });
        return run.Model;
    }

    /// <summary>Refuses a model whose values, gradients and two moments alone do not fit the memory, before anything is read.</summary>
    /// <exception cref="InputException">They do not fit.</exception>
    static void CheckMemory(ModelShape shape)
    {
        const int BytesPerValue = 4 * sizeof(float);
        double needed = BytesPerValue * ParameterShapes.Of(shape.ToConfig(0, 1)).Sum(p => p.Shape.Aggregate(1.0, (all, n) => all * n));
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > available)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"The model of the recipe needs at least {needed / (1L << 30):N1} GiB to be trained, and the machine has "
                    + $"{available / (double)(1L << 30):N1} GiB; use a smaller model."));
        }
    }

    /// <summary>Returns the listed documents in the list's order, or all documents of the folder.</summary>
    static IReadOnlyList<string> Given(PretrainRecipe recipe, string path, Action<string>? notice)
    {
        SourceDocument[] there = [.. DocumentReader.Read(path, notice)];
        if (recipe.Documents.Count == 0)
        {
            return [.. there.Select(d => d.Text)];
        }
        Dictionary<string, string> byHash = [];
        foreach (SourceDocument document in there)
        {
            byHash[InputHash.OfText(document.Text)] = document.Text;
        }
        return
        [
            .. recipe.Documents.Select(d =>
                byHash.GetValueOrDefault(d.Sha256)
                ?? throw new InputException(
                    $"{path} has no file with the SHA-256 of {d.Title} (Project Gutenberg {d.Gutenberg}, {d.Sha256}); add it, "
                        + "or set documents to [] to train on all files of the folder."
                )),
        ];
    }

    /// <summary>Returns facts with their questions, so that their words become single tokens.</summary>
    static IEnumerable<string> NeedleTexts(int seed)
    {
        // Enough that the words of the templates are frequent, too little to crowd out the prose.
        const int Sentences = 3000;
        for (int i = 0; i < Sentences; i++)
        {
            SeededRandom random = SeededRandom.For(seed, "tokenizer needles", i);
            Needle needle = NeedleMaker.Make(ref random, random.Pick(NeedleMaker.Kinds), NeedleSplit.Training, new HashSet<string>());
            yield return $" {needle.Sentence} {needle.Question}";
        }
    }
}
