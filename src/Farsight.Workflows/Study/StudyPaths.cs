using System.Text;
using Farsight.Alignment.Recipes;

namespace Farsight.Workflows.Study;

/// <summary>Where the files of a study are.</summary>
/// <param name="recipePath">The study's recipe.</param>
/// <param name="root">The study's folder.</param>
public sealed class StudyPaths(string recipePath, string root)
{
    /// <summary>The folder of what processes hold while they work.</summary>
    internal const string Locks = "locks";

    /// <summary>The study's folder.</summary>
    public string Root { get; } = root;

    /// <summary>A file or folder that the study makes.</summary>
    public string Out(string path) => Path.Combine(Root, path);

    /// <summary>A file or folder that the recipe names: the study's own, or one beside the recipe, or of the working folder.</summary>
    /// <param name="key">The key that names it, for the message.</param>
    /// <param name="path">The path in the recipe.</param>
    /// <exception cref="RecipeException">It is in none of these places.</exception>
    public string Find(string key, string path) => RecipeFile.Locate(recipePath, key, path, Root);

    /// <summary>The recipe of a variant, of which everything but the seed is the same in all of its runs.</summary>
    internal string VariantOf(string slug) => Path.Combine(Root, "runs", slug, "variant.json");

    /// <summary>The directory of a run.</summary>
    internal string RunOf(StudyJob job) => Path.Combine(Root, "runs", job.Variant.Slug, job.SeedName);

    /// <summary>Why a run could not come to its end.</summary>
    internal string FailureOf(StudyJob job) => $"{RunOf(job)}.failed.txt";

    /// <summary>What training made after a step: an adapter, or a whole model.</summary>
    internal string MadeOf(StudyJob job, int step)
    {
        string kind = job.Variant.Recipe.Lora is null ? "model" : "adapter";
        return step == job.Variant.Recipe.Steps
            ? Path.Combine(RunOf(job), kind)
            : Path.Combine(RunOf(job), $"{kind}s", StepName(step));
    }

    /// <summary>The directory of an evaluation; a step of null is the model before training.</summary>
    internal string EvaluationOf(StudyJob job, StudyMeasure measure, int? step) =>
        Path.Combine([
            Root,
            "eval",
            job.Variant.Slug,
            .. job.Seed is null ? [] : new[] { job.SeedName },
            .. step is null || step == job.Variant.Recipe.Steps ? [] : new[] { StepName(step.Value) },
            measure.Slug,
        ]);

    /// <summary>Held by the process that works on a job.</summary>
    internal string LockOf(string name) => Path.Combine(Root, Locks, $"{name}.lock");

    /// <summary>A name as a folder's: small letters and digits, everything else a hyphen.</summary>
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
            yield return $"{key}: '{path}' is no path inside the study's folder; write one such as data/preferences.jsonl.";
        }
    }

    static string StepName(int step) => FormattableString.Invariant($"step-{step:D6}");
}
