using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Numerics;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>
/// Trains and merges a starting model, as farsight train and farsight merge do.
/// </summary>
/// <param name="Base">The train recipe, a path.</param>
/// <param name="Out">The model's directory; its run directory is beside it, with .run behind the name.</param>
sealed record ModelStep(string Base, string Out) : IStudyStep
{
    /// <summary>Changes of the recipe, as in a study's <c>set</c>. Optional.</summary>
    public JsonObject? Set { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path) => [];

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path, string studyPath)
    {
        List<string> problems = [];
        _ = Recipe(RecipeFile.Locate(studyPath, $"{path}.base", Base), path, problems);
        return problems;
    }

    /// <summary>Returns the resolved recipe, with SHA-256 of the model and the data instead of their paths.</summary>
    public JsonObject Inputs(StudyPaths paths)
    {
        (string file, TrainRecipe recipe) = Read(paths);
        JsonNode resolved = JsonNode.Parse(RecipeFile.Resolve(recipe))!;
        resolved["base_model"] = InputHash.OfModel(RecipeFile.LocateModel(file, "base_model", recipe.BaseModel, paths.Root));
        resolved["data"] = InputHash.OfFile(RecipeFile.Locate(file, "data", recipe.Data, paths.Root));
        return new() { ["base"] = resolved };
    }

    /// <inheritdoc/>
    public bool IsDone(StudyPaths paths) => File.Exists(Path.Combine(paths.Out(Out), "config.json"));

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel)
    {
        (string file, TrainRecipe recipe) = Read(paths);
        TrainRequest request = new(recipe, file, paths.Out(Out) + ".run", Resume: true, memoryBytes)
        {
            Folder = paths.Root,
            Parts = part => StageProgress.Tell(progress, "prepare", Out, part),
        };
        string made = TrainRun.Start(
            request,
            text => note($"{Out}: {text}"),
            new SynchronousProgress<TrainingProgress>(p => progress?.Report(StageProgress.Of("prepare", Out, p))),
            cancel);
        if (recipe.Lora is null)
        {
            Directory.Move(made, paths.Out(Out));
        }
        else
        {
            string model = RecipeFile.LocateModel(file, "base_model", recipe.BaseModel, paths.Root);
            new AdapterMerge(model, made, paths.Out(Out), NumberFormat.BF16).Write(cancel: cancel);
        }
    }

    (string File, TrainRecipe Recipe) Read(StudyPaths paths)
    {
        string file = paths.Find("base", Base);
        List<string> problems = [];
        return (file, Recipe(file, Out, problems) ?? throw new RecipeException(file, problems));
    }

    TrainRecipe? Recipe(string file, string where, List<string> problems)
    {
        JsonNode tree = RecipeFile.ReadTree(file);
        StudyPlan.Apply(tree, Set, $"{where}.set", problems);
        try
        {
            TrainRecipe? recipe = problems.Count > 0 ? null : RecipeFile.FromTree<TrainRecipe>(tree, where);
            if (recipe?.Device is { } device and not DeviceName.Cpu)
            {
                problems.Add($"{where}: device is '{device}', but a study prepares its models on the device cpu; set device to null.");
            }
            return recipe;
        }
        catch (RecipeException e)
        {
            problems.AddRange(e.Problems.Select(p => $"{where}: {p}"));
            return null;
        }
    }
}
