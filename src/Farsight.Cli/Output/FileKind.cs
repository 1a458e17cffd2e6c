using System.Text.Json;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Files;
using Farsight.Evaluation.Core;

namespace Farsight.Cli.Output;

/// <summary>Recognizes what a path holds, so that a message about a wrong path can say it.</summary>
static class FileKind
{
    const string Dataset = "a dataset", Gguf = "a GGUF file";

    static readonly string[] s_recipeKeys = ["base_model", "objective", "steps", "phases", "domains", "iterations", "base", "variants"];

    static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Refuses a dataset that does not exist or is something else.</summary>
    /// <exception cref="InputException">The path is no file of JSON lines.</exception>
    internal static void RequireDataset(string path)
    {
        string? kind = Of(path);
        if (Directory.Exists(path) || kind is not null and not Dataset)
        {
            throw new InputException(
                $"{path} is {kind ?? "a folder"}, not a preference dataset. Name the .jsonl file that 'farsight synth' or "
                    + "'farsight data import' wrote.");
        }
    }

    /// <summary>Refuses a file of a known kind that has neither a model nor a tokenizer.</summary>
    /// <exception cref="InputException">The path is such a file.</exception>
    internal static void RefuseOtherThanModel(string path)
    {
        if (File.Exists(path) && Of(path) is { } kind and not Gguf)
        {
            throw new InputException(
                $"{path} is {kind}, not a model. Name a model directory with a config.json, a GGUF file, or a model of the Hugging Face "
                    + "hub.");
        }
    }

    /// <summary>Describes a file or folder of a known kind: "a recipe", "the folder of a training run"; null for another.</summary>
    internal static string? Of(string path)
    {
        bool Holds(string file) => File.Exists(Path.Combine(path, file));
        if (Directory.Exists(path))
        {
            return RunDirectory.IsRun(path) ? "the folder of a training run"
                : Holds(EvalFiles.ResultsName) || Holds(EvalFiles.ExamplesName) ? "the folder of an evaluation"
                : Holds("adapter_config.json") ? "an adapter directory"
                : Holds("config.json") ? "a model directory"
                : null;
        }
        if (!File.Exists(path))
        {
            return null;
        }
        return GgufFile.IsGguf(path) ? Gguf
            : Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".jsonl" => Dataset,
                ".json" => IsRecipe(path) ? "a recipe" : null, // or lines of JSON
                ".jsonc" => IsRecipe(path) ? "a recipe" : "a JSON file",
                ".safetensors" => "a file of weights",
                ".txt" or ".md" => "a text",
                ".html" or ".pdf" or ".docx" => "a document",
                _ => null,
            };
    }

    static bool IsRecipe(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(RegularFile.ReadAllText(path), s_lenient);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root
                && s_recipeKeys.Count(k => root.TryGetProperty(k, out _)) > 1;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or InputException)
        {
            return false; // a description is not worth a failure
        }
    }
}
