using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Workflows.Study;

/// <summary>
/// Represents the settings and the content of inputs that a part of a study was started with, so that it is never resumed with others.
/// </summary>
/// <param name="File">File of the stamp.</param>
/// <param name="Settings">Everything in the recipe that decides the part.</param>
/// <param name="Inputs">Content of the files that it reads, by key; null if it reads none, or if other files record it.</param>
/// <param name="ToRemove">Files that a user removes to make the part again.</param>
sealed record StudyStamp(string File, JsonObject Settings, JsonObject? Inputs, string ToRemove)
{
    const string InputsKey = "inputs";

    /// <summary>Creates the stamp of a preparation step; the steps before it are done.</summary>
    /// <exception cref="InputException">An input is missing or cannot be read.</exception>
    internal static StudyStamp Of(StudyPaths paths, IStudyStep step)
    {
        string file = Path.Combine(paths.Root, "prepared", $"{StudyPaths.Slug(step.Out)}.json");
        return new(
            file,
            JsonSerializer.SerializeToNode(step, RecipeFile.Json)!.AsObject(),
            step.Inputs(paths) is { Count: > 0 } inputs ? inputs : null,
            $"{file} and {paths.Out(step.Out)} and files beside it that start with this name");
    }

    /// <summary>Creates the stamp of a variant, whose runs and evaluations record the content of its inputs.</summary>
    internal static StudyStamp Of(StudyPaths paths, PlannedVariant variant)
    {
        string file = paths.VariantOf(variant.Slug);
        return new(
            file,
            variant.Identity(),
            Inputs: null,
            $"{Path.GetDirectoryName(file)} and {Path.Combine(paths.Root, "eval", variant.Slug)}");
    }

    /// <exception cref="InputException">The part was started with other settings.</exception>
    internal void RefuseChanged(string named)
    {
        JsonObject? then = Read();
        then?.Remove(InputsKey);
        if (then is not null && JsonChange.First(then, Settings) is { } change)
        {
            throw new InputException(
                $"{named} has changed since the study in this folder was started: {change.Path} is {change.Now} and was {change.Then}. "
                    + $"Restore it, rename it, or remove {ToRemove} to start it again.");
        }
    }

    /// <exception cref="InputException">The part was made from other content.</exception>
    internal void RefuseOtherInputs(string named, Action<string> note)
    {
        if (Read() is not { } then || Inputs is null)
        {
            return;
        }
        if (then[InputsKey] is not JsonObject inputs)
        {
            note(
                $"{named} was made by an earlier version of Farsight, which did not record the content of its inputs. "
                    + "Their present content is recorded now.");
        }
        else if (JsonChange.First(inputs, Inputs) is { } change)
        {
            throw new InputException(
                $"{named}.{change.Path} has changed since the study in this folder was started; restore it, or remove {ToRemove} to make "
                    + "the step again.");
        }
    }

    internal void Write()
    {
        JsonObject all = Settings.DeepClone().AsObject();
        if (Inputs is not null)
        {
            all[InputsKey] = Inputs.DeepClone();
        }
        string text = all.ToJsonString(RecipeFile.Json) + "\n";
        if (!System.IO.File.Exists(File) || RegularFile.ReadAllText(File) != text)
        {
            AtomicFile.WriteText(File, text);
        }
    }

    JsonObject? Read()
    {
        if (!System.IO.File.Exists(File))
        {
            return null;
        }
        try
        {
            return JsonNode.Parse(RegularFile.ReadAllText(File)) as JsonObject ?? throw new JsonException("it is not an object");
        }
        catch (JsonException e)
        {
            throw new InputException($"{File} is damaged; remove {ToRemove} to start again.", e);
        }
    }
}
