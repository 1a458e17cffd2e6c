using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Study;

/// <summary>What a part of a study was begun with, so that it is never continued with something else.</summary>
/// <param name="File">Where that is written.</param>
/// <param name="Settings">Everything that decides the part.</param>
/// <param name="ToRemove">What a user removes to have the part made anew.</param>
sealed record StudyStamp(string File, JsonObject Settings, string ToRemove)
{
    /// <summary>Of what is prepared.</summary>
    internal static StudyStamp Of(StudyPaths paths, IStudyStep step)
    {
        string file = Path.Combine(paths.Root, "prepared", $"{StudyPaths.Slug(step.Out)}.json");
        return new(
            file,
            System.Text.Json.JsonSerializer.SerializeToNode(step, RecipeFile.Json)!.AsObject(),
            $"{file} and {paths.Out(step.Out)} with all beside it that begins so");
    }

    /// <summary>Of a variant.</summary>
    internal static StudyStamp Of(StudyPaths paths, PlannedVariant variant)
    {
        string file = paths.VariantOf(variant.Slug);
        return new(file, variant.Identity(), $"{Path.GetDirectoryName(file)} and {Path.Combine(paths.Root, "eval", variant.Slug)}");
    }

    /// <exception cref="InputException">It was begun with other settings.</exception>
    internal void RefuseChanged(string named)
    {
        if (System.IO.File.Exists(File) && JsonChange.First(JsonNode.Parse(System.IO.File.ReadAllText(File)), Settings) is { } change)
        {
            throw new InputException(
                $"{named} has changed since the study in this folder was begun: {change.Path} is {change.Now} and was {change.Then}; put it back, name it otherwise, or remove {ToRemove} to begin it anew."
            );
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
