using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Workflows.Study;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Workflows.Study;

/// <summary>A study of three variants and two seeds on a random model: a few steps, two measurements.</summary>
sealed class StudyFiles : IDisposable
{
    const string Recipe = """
        {
          "title": "A toy", "question": "Does anything happen at all?",
          "prepare": [{ "make": "documents", "count": 2, "words": 900, "seed": 9, "out": "documents" }],
          "base": "recipe.jsonc", "set": { "steps": 4 }, "seeds": [1, 2],
          "variants": [
            { "name": "base", "train": false },
            { "name": "logo" },
            { "name": "sft", "set": { "objective": { "name": "sft_partial" } } },
          ],
          "measure": [{ "tasks": ["perplexity"], "lengths": [300, 320], "depths": 1, "samples": 1, "limit": 3, "seed": 5,
        """ + """
         "documents": "documents" }],
        }
        """;

    readonly TrainingFiles _training = new();

    internal StudyFiles() => File.WriteAllText(Path, Recipe);

    internal string Path => _training.In("study.jsonc");

    internal string In(string path) => _training.In(path);

    /// <summary>The study with some of it changed.</summary>
    internal StudyRecipe Read(Action<JsonObject>? change = null)
    {
        JsonObject tree = JsonNode.Parse(Recipe, documentOptions: new() { AllowTrailingCommas = true })!.AsObject();
        change?.Invoke(tree);
        return RecipeFile.Parse<StudyRecipe>(tree.ToJsonString(), Path, []);
    }

    internal StudyPlan Plan(Action<JsonObject> change) => StudyPlan.Of(Read(change), Path);

    internal StudyVerdict Run(
        string output,
        Action<JsonObject>? change = null,
        IProgress<StageProgress>? progress = null,
        Action<string>? note = null,
        CancellationToken cancel = default) => StudyRun.Start(new(Read(change), Path, In(output)), note ?? (_ => { }), progress, cancel);

    public void Dispose() => _training.Dispose();
}

/// <summary>Calls a method for each report of progress.</summary>
sealed class Watch(Action<StageProgress> seen) : IProgress<StageProgress>
{
    public void Report(StageProgress value) => seen(value);
}
