using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Study;

/// <summary>Represents the settings that a part of a study was started with, so that it is never resumed with others.</summary>
/// <param name="File">File of the settings.</param>
/// <param name="Settings">Everything that decides the part.</param>
/// <param name="ToRemove">Files that a user removes to make the part again.</param>
sealed record StudyStamp(string File, JsonObject Settings, string ToRemove)
{
    /// <summary>Creates the stamp of a preparation step.</summary>
    internal static StudyStamp Of(StudyPaths paths, IStudyStep step)
    {
        string file = Path.Combine(paths.Root, "prepared", $"{StudyPaths.Slug(step.Out)}.json");
        return new(
            file,
            System.Text.Json.JsonSerializer.SerializeToNode(step, RecipeFile.Json)!.AsObject(),
            $"{file} and {paths.Out(step.Out)} and files beside it that start with this name");
    }

    /// <summary>Creates the stamp of a variant.</summary>
    internal static StudyStamp Of(StudyPaths paths, PlannedVariant variant)
    {
        string file = paths.VariantOf(variant.Slug);
        return new(file, variant.Identity(), $"{Path.GetDirectoryName(file)} and {Path.Combine(paths.Root, "eval", variant.Slug)}");
    }

    /// <exception cref="InputException">The part was started with other settings.</exception>
    internal void RefuseChanged(string named)
    {
        if (System.IO.File.Exists(File) && JsonChange.First(JsonNode.Parse(System.IO.File.ReadAllText(File)), Settings) is { } change)
        {
            throw new InputException(
                $"{named} has changed since the study in this folder was started: {change.Path} is {change.Now} and was {change.Then}. "
                    + $"Restore it, rename it, or remove {ToRemove} to start it again.");
        }
    }

    internal void Write()
    {
        if (!System.IO.File.Exists(File))
        {
            AtomicFile.WriteText(File, Settings.ToJsonString(RecipeFile.Json) + "\n");
        }
    }
}
