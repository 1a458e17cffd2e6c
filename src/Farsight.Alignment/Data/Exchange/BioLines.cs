using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;

namespace Farsight.Alignment.Data.Exchange;

/// <summary>Reads a file of BIO tags as lines of supervised data: the document, the question for its entities, and their list.</summary>
static class BioLines
{
    static readonly string[] s_endings = [".bio", ".conll"];
    static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns whether a file has BIO tags by its name.</summary>
    internal static bool IsNamed(string path) => s_endings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the documents, a JSON object for each.</summary>
    /// <exception cref="InputException">The file cannot be read, or a line has no tag.</exception>
    internal static IEnumerable<string> Read(string path)
    {
        string[] types =
        [
            .. EntityDocument.Read(PreferenceDataset.Lines(path), path).SelectMany(d => d.Entities).Select(e => e.Type).Distinct()
                .Order(StringComparer.Ordinal),
        ];
        string question = types.Length > 0
            ? NamedEntity.Question(types)
            : throw new InputException($"{path} marks no entity; write tags such as B-PER.");
        return EntityDocument.Read(PreferenceDataset.Lines(path), path).Select(d => new JsonObject
        {
            ["id"] = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}#{d.Line}"),
            ["context"] = d.Text,
            ["prompt"] = question,
            ["completion"] = NamedEntity.Answer(d.Entities),
        }.ToJsonString(s_json));
    }
}
