using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Represents the dataset_info.json of a folder, in which LLaMA-Factory looks up its datasets.</summary>
/// <remarks>Source: LLaMA-Factory, data/README.md. Other entries are kept; comments are not valid in this file.</remarks>
sealed class LlamaFactoryIndex
{
    static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    readonly string _name, _file;
    readonly JsonObject _entries;

    LlamaFactoryIndex(string path, string name, string file, JsonObject entries)
    {
        (Path, _name, _file, _entries) = (path, name, file, entries);
    }

    /// <summary>Path of the file.</summary>
    internal string Path { get; }

    /// <summary>Reads the file next to a dataset, or starts a new one.</summary>
    /// <exception cref="InputException">The file is damaged, or describes another file under the dataset's name.</exception>
    internal static LlamaFactoryIndex Beside(string dataset)
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(dataset) ?? "", "dataset_info.json"),
            file = System.IO.Path.GetFileName(dataset), name = System.IO.Path.GetFileNameWithoutExtension(dataset);
        JsonObject entries = [];
        if (System.IO.Path.Exists(path))
        {
            try
            {
                entries = JsonNode.Parse(RegularFile.ReadAllText(path)) as JsonObject
                    ?? throw new InputException($"{path} is not a JSON object; LLaMA-Factory expects one entry per dataset.");
                _ = entries.Count; // finds a key that occurs twice
            }
            catch (Exception e) when (e is JsonException or ArgumentException)
            {
                string fault = e is JsonException ? e.Message : "a key occurs twice.";
                throw new InputException($"{path} is not valid JSON: {fault} Correct it, or write to another folder.", e);
            }
        }
        return entries[name] is { } known && (known as JsonObject)?["file_name"]?.ToString() != file
            ? throw new InputException($"{path} already has a dataset '{name}' of another file; write to another file name.")
            : new(path, name, file, entries);
    }

    /// <summary>Writes the file with the entry of the dataset.</summary>
    /// <param name="isRanking">Whether the dataset has rejected responses.</param>
    internal void Write(bool isRanking)
    {
        JsonObject columns = new() { ["messages"] = "conversations" };
        JsonObject entry = new() { ["file_name"] = _file, ["formatting"] = "sharegpt" };
        if (isRanking)
        {
            entry["ranking"] = true;
            (columns["chosen"], columns["rejected"]) = ("chosen", "rejected");
        }
        entry["columns"] = columns;
        _entries[_name] = entry;
        AtomicFile.WriteText(Path, _entries.ToJsonString(s_json) + "\n");
    }
}
