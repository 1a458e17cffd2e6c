using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Export;

/// <summary>Writes a GGUF file as a Hugging Face directory: config, weights, tokenizer and chat template.</summary>
/// <param name="Model">The GGUF file.</param>
/// <param name="Output">New or empty directory, or an older model, which is replaced.</param>
/// <param name="Format">
/// Storage format of the weights. F32 keeps every value; BF16 rounds what the file's blocks widen to once more.
/// </param>
public sealed record HuggingFaceExport(string Model, string Output, NumberFormat Format)
{
    const string ConfigFile = "config.json";

    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes the directory.</summary>
    /// <param name="progress">Receives written and total bytes; null for none.</param>
    /// <param name="cancel">Stops between two blocks and leaves no files.</param>
    /// <exception cref="InputException">The model is not a GGUF file, or its model or tokenizer is not supported.</exception>
    /// <exception cref="IOException">The disk is full.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public WrittenWeights Write(Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        ModelFiles.CheckExists(Model);
        if (!GgufFile.IsGguf(Model))
        {
            throw new InputException($"{Model} is not a GGUF file; only GGUF files are exported to Hugging Face directories.");
        }
        using IModelFiles files = ModelFiles.Open(Model);
        Tokenizer tokenizer = Tokenizer.LoadFor(Model, files.Config.VocabSize);
        TensorToWrite[] tensors = [.. ParameterShapes.Of(files.Config).Select(p => Tensor(files, p))];
        long total = tensors.Sum(t => Format.BytesOf(t.Count));
        WrittenWeights? written = null;
        AtomicDirectory.Write(Output, ConfigFile, temporary =>
        {
            written = ModelWriter.Write(temporary, files.Config, Format, tensors, progress: done =>
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Invoke(done, total);
            });
            tokenizer.Save(Path.Combine(temporary, "tokenizer.json"));
            File.WriteAllText(Path.Combine(temporary, "tokenizer_config.json"), TokenizerConfig(tokenizer));
            ModelDirectory.Open(temporary).Dispose(); // checks what was written
        });
        return written!;
    }

    TensorToWrite Tensor(IModelFiles files, ParameterShape parameter) => parameter.Shape is [int rows, int columns]
        ? TensorToWrite.From(parameter.Name, Format, files.Matrix(parameter.Name, rows, columns))
        : TensorToWrite.From(parameter.Name, Format, files.Vector(parameter.Name, parameter.Shape[0]), asVector: true);

    string TokenizerConfig(Tokenizer tokenizer)
    {
        using GgufFile file = GgufFile.Open(Model);
        GgufTokenizer gguf = GgufTokenizer.Read(file);
        string? Spelled(string name) => gguf.Named.TryGetValue(name, out int id) ? gguf.Tokens[id] : null;
        return JsonSerializer.Serialize(
            new
            {
                tokenizer_class = "PreTrainedTokenizerFast",
                bos_token = Spelled("bos_token"),
                eos_token = Spelled("eos_token"),
                unk_token = Spelled("unk_token"),
                sep_token = Spelled("sep_token"),
                pad_token = Spelled("pad_token"),
                cls_token = Spelled("cls_token"),
                mask_token = Spelled("mask_token"),
                add_bos_token = tokenizer.Bos is { } bos && tokenizer.Before.Contains(bos),
                add_eos_token = tokenizer.Eos is { } eos && tokenizer.After.Contains(eos),
                clean_up_tokenization_spaces = false,
                chat_template = gguf.ChatTemplate,
            },
            s_json) + "\n";
    }
}
