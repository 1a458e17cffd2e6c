using System.Text;
using Farsight.Alignment.Recipes;

namespace Farsight.Workflows.Study;

/// <summary>Locates the files of a study.</summary>
/// <param name="recipePath">The study's recipe.</param>
/// <param name="root">The study's folder.</param>
public sealed class StudyPaths(string recipePath, string root)
{
    /// <summary>Folder of the locks.</summary>
    internal const string Locks = "locks";

    /// <summary>The study's folder.</summary>
    public string Root { get; } = root;

    /// <summary>Returns the path of a file or folder that the study makes.</summary>
    public string Out(string path) => Path.Combine(Root, path);

    /// <summary>Finds a file or folder that the recipe names: in the study's folder, beside the recipe, or in the working folder.</summary>
    /// <param name="key">The key that names it, for the message.</param>
    /// <param name="path">The path in the recipe.</param>
    /// <exception cref="RecipeException">None of these folders has it.</exception>
    public string Find(string key, string path) => RecipeFile.Locate(recipePath, key, path, Root);

    /// <summary>Finds a model as <see cref="Find"/> finds a path, or in the Hugging Face cache by its name.</summary>
    /// <inheritdoc cref="Find"/>
    internal string FindModel(string key, string path) => RecipeFile.LocateModel(recipePath, key, path, Root);

    /// <summary>Returns the file with a variant's identity, which is the same for all of its seeds.</summary>
    internal string VariantOf(string slug) => Path.Combine(Root, "runs", slug, "variant.json");

    /// <summary>Returns the directory of a run.</summary>
    internal string RunOf(StudyJob job) => Path.Combine(Root, "runs", job.Variant.Slug, job.SeedName);

    /// <summary>Returns the file with the reason for a failed run.</summary>
    internal string FailureOf(StudyJob job) => $"{RunOf(job)}.failed.txt";

    /// <summary>Returns the folder of the adapter or model after a step.</summary>
    internal string MadeOf(StudyJob job, int step)
    {
        string kind = job.Variant.Recipe.Lora is null ? "model" : "adapter";
        return step == job.Variant.Recipe.Steps
            ? Path.Combine(RunOf(job), kind)
            : Path.Combine(RunOf(job), $"{kind}s", StepName(step));
    }

    /// <summary>Returns the directory of the whole trained model, relative to the study's folder.</summary>
    internal static string ModelOf(StudyJob job) =>
        $"runs/{job.Variant.Slug}/{job.SeedName}{(job.Variant.Recipe.Lora is null ? "/model" : ".merged")}";

    /// <summary>Returns the directory of an evaluation; a step of null is the model before training.</summary>
    internal string EvaluationOf(StudyJob job, StudyMeasure measure, int? step) =>
        Path.Combine([
            Root,
            "eval",
            job.Variant.Slug,
            .. job.Seed is null ? [] : new[] { job.SeedName },
            .. step is null || step == job.Variant.Recipe.Steps ? [] : new[] { StepName(step.Value) },
            measure.Slug,
        ]);

    /// <summary>Returns the file with the weights that an evaluation measured.</summary>
    internal static string WeightsOf(string evaluation) => $"{evaluation}.weights.json";

    /// <summary>Returns the lock of a job.</summary>
    internal string LockOf(string name) => Path.Combine(Root, Locks, $"{name}.lock");

    /// <summary>Converts a name to a folder name: lower-case letters and digits, hyphens for everything else.</summary>
    internal static string Slug(string name)
    {
        StringBuilder slug = new();
        foreach (char c in name.Replace("×", "x", StringComparison.Ordinal).ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c) || (c is '.' or '_' && slug.Length > 0))
            {
                slug.Append(c);
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }
        return slug.ToString().TrimEnd('-', '.');
    }

    internal static IEnumerable<string> OutProblems(string key, string path)
    {
        if (string.IsNullOrWhiteSpace(path) || Path.IsPathRooted(path) || path.Split('/', '\\').Contains(".."))
        {
            yield return $"{key}: '{path}' is not a path inside the study's folder; write for example data/preferences.jsonl.";
        }
    }

    static string StepName(int step) => FormattableString.Invariant($"step-{step:D6}");
}
