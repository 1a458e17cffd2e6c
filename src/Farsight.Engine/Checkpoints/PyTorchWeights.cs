namespace Farsight.Engine.Checkpoints;

/// <summary>Recognizes weights that PyTorch pickled and names the conversion. They are not read, because that can run code.</summary>
static class PyTorchWeights
{
    /// <summary>Returns the message for a directory whose weights are only pickled; null if it has none.</summary>
    internal static string? ProblemOf(string directory)
    {
        string[] names = [.. Directory.GetFiles(directory).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        string? pickled = names.FirstOrDefault(n => n.StartsWith("pytorch_model", StringComparison.Ordinal) && HasEnding(n, ".bin"));
        string? original = names.FirstOrDefault(n => HasEnding(n, ".pth"));
        return pickled is not null
            ? $"{directory} has only PyTorch weights ({pickled}), which can run code and are not read. Convert them: "
                + Conversion(directory)
            : original is null
                ? null
                : $"{directory} has weights in Meta's format ({original}), which can run code and are not read. Use the Hugging Face "
                    + "version of the model, or convert them: python -m transformers.models.llama.convert_llama_weights_to_hf "
                    + $"--input_dir {directory} --output_dir {directory}-hf";
    }

    /// <summary>Returns the message for a file of pickled weights; null for another file.</summary>
    internal static string? ProblemOfFile(string path) => HasEnding(path, ".bin") || HasEnding(path, ".pth") || HasEnding(path, ".pt")
        ? $"{path} has PyTorch weights, which can run code and are not read; use the folder of a model with safetensors. Convert one: "
            + Conversion(Path.GetDirectoryName(path) is { Length: > 0 } folder ? folder : ".")
        : null;

    static string Conversion(string directory) =>
        "python -c \"from transformers import AutoModelForCausalLM as M, AutoTokenizer as T; "
        + $"p='{directory}'; o='{directory}-safetensors'; "
        + "M.from_pretrained(p, torch_dtype='auto').save_pretrained(o); T.from_pretrained(p).save_pretrained(o)\"";

    static bool HasEnding(string name, string ending) => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}
