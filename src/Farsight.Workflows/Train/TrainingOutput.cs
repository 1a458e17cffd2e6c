using Farsight.Alignment.Hub;
using Farsight.Alignment.Runs;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Lora;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;

namespace Farsight.Workflows.Train;

/// <summary>Writes the result of a training, also during it: a PEFT adapter, or a whole model if every weight is trained.</summary>
/// <param name="model">The model that is trained.</param>
/// <param name="adapter">The adapter that is trained; null if every weight is.</param>
/// <param name="named">The base model as the recipe or the user names it.</param>
/// <param name="baseModel">Where the model came from; the tokenizer is copied from there.</param>
/// <param name="window">Minimum window in tokens of the result.</param>
sealed class TrainingOutput(DecoderModel model, LoraOptions? adapter, string named, string baseModel, int window)
{
    /// <summary>Fully trained modules in the adapter; "model.layers.0.input_layernorm.weight" is listed as input_layernorm.</summary>
    internal string[] WholeModules =>
        adapter is null
            ? []
            : [.. model.Parameters.Where(p => p.Role != ParameterRole.Lora).Select(p => p.Name.Split('.')[^2]).Distinct()];

    /// <summary>Writes adapter/ or model/ of a finished run.</summary>
    /// <returns>The folder.</returns>
    internal string WriteResult(RunDirectory run)
    {
        string folder = adapter is null ? run.Model : run.Adapter;
        Write(folder);
        return folder;
    }

    /// <summary>Returns the folder for adapters or models during training.</summary>
    internal CheckpointFolder AlongTraining(RunDirectory run) => adapter is null ? run.Models : run.Adapters;

    /// <summary>Writes the current adapter or model.</summary>
    internal void Write(string folder)
    {
        if (adapter is { } lora)
        {
            AdapterDescription description = new(lora.Rank, lora.Alpha, lora.Targets, WholeModules, BaseModelFrom(folder))
            {
                BaseFingerprint = model.Fingerprint,
            };
            PeftAdapter.Write(
                folder, description, [.. model.Parameters.Select(p => (p.Name, p.Whole))], Effective, model.SegmentMemory);
            return;
        }
        AtomicDirectory.Write(folder, "config.json", temporary =>
        {
            ModelWriter.Write(temporary, Effective, model.Parameters, NumberFormat.BF16);
            CompanionFiles.Copy(baseModel, temporary);
            if (model.SegmentMemory is { } memory)
            {
                SegmentMemoryFile.Write(temporary, memory);
            }
        });
    }

    /// <summary>Returns the base model as an adapter names it, so that the adapter finds it from every working folder.</summary>
    /// <remarks>
    /// The name of a hub model and an absolute path stay as the recipe has them, and a file of this installation keeps its place in it.
    /// Any other path is given from the adapter's folder: it stays valid if both move together, and tells nothing else of the machine.
    /// </remarks>
    string BaseModelFrom(string folder)
    {
        if (Path.IsPathRooted(named) || HubCache.Find(named) == baseModel)
        {
            return named;
        }
        string path = Path.GetFullPath(baseModel), bundled = Path.GetRelativePath(AppContext.BaseDirectory, path);
        bool isBundled = !Path.IsPathRooted(bundled) && bundled.Split('/', '\\')[0] != "..";
        return (isBundled ? bundled : Path.GetRelativePath(Path.GetFullPath(folder), path)).Replace('\\', '/');
    }

    /// <summary>The configuration after training: positions up to K give a window of K.</summary>
    ModelConfig Effective =>
        model.Config with { MaxPositionEmbeddings = Math.Max(model.Config.MaxPositionEmbeddings, window) };
}
