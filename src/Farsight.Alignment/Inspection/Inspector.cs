using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;

namespace Farsight.Alignment.Inspection;

/// <summary>Says what a path holds: a model, an adapter, a dataset, a run.</summary>
public static class Inspector
{
    /// <summary>Looks at a file or directory. Weights are not read unless <paramref name="scan"/>.</summary>
    /// <param name="path">A directory, or a GGUF, safetensors or JSONL file.</param>
    /// <param name="scan">Read every weight and count those that are not finite.</param>
    /// <exception cref="InputException">There is nothing, or nothing that is known, or it is damaged beyond telling.</exception>
    public static Inspection Inspect(string path, bool scan = false)
    {
        bool Holds(string file) => File.Exists(Path.Combine(path, file));
        if (Directory.Exists(path))
        {
            return Holds("recipe.resolved.json") ? RunInspection.Of(path)
                : Holds("adapter_config.json") ? AdapterInspection.Of(path, scan)
                : Holds("config.json") ? ModelInspection.Of(path, scan)
                : throw new InputException(
                    $"{path} has no config.json, adapter_config.json or recipe.resolved.json; it is no directory of a model, an adapter or a run."
                );
        }
        if (!File.Exists(path))
        {
            throw new InputException($"{path} does not exist; check the path.");
        }
        return GgufFile.IsGguf(path)
            ? GgufInspection.Of(path, scan)
            : Path.GetExtension(path) switch
            {
                ".safetensors" => ModelInspection.OfFile(path, scan),
                ".jsonl" => DatasetInspection.Of(path),
                _ => throw new InputException(
                    $"{path} is of no kind that is known; inspect takes directories of models, adapters and runs, and GGUF, safetensors and JSONL files."
                ),
            };
    }
}
