using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Engine;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Farsight.Evaluation.Core;

/// <summary>Reads prompts from YAML files of the data folder.</summary>
/// <remarks>The nodes are read without a schema, so that tags such as <c>!function</c> in a benchmark's file do no harm.</remarks>
static class PromptYaml
{
    /// <summary>Returns the text of a top-level key.</summary>
    /// <exception cref="InputException">The file is missing or damaged, or the key has no text.</exception>
    internal static string Text(EvalData data, string path, string name) =>
        Root(data, path).Children.TryGetValue(new YamlScalarNode(name), out YamlNode? node) && node is YamlScalarNode { Value: { } value }
            ? value
            : throw new InputException($"{path} has no text '{name}'; download the file again ('farsight eval data' lists the sources).");

    /// <summary>Returns a whole file; its numbers are texts.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    internal static DataRecord Record(EvalData data, string path) => new(JsonSerializer.SerializeToElement(Json(Root(data, path))), path);

    static YamlMappingNode Root(EvalData data, string path)
    {
        try
        {
            YamlStream yaml = [];
            using StringReader text = new(data.ReadText(path));
            yaml.Load(text);
            return yaml.Documents is [{ RootNode: YamlMappingNode root }, ..]
                ? root
                : throw new InputException($"{path} has no keys; download the file again ('farsight eval data' lists the sources).");
        }
        catch (YamlException e)
        {
            throw new InputException(
                $"{path} is not valid YAML: {e.Message} Download the file again ('farsight eval data' lists the sources).",
                e);
        }
    }

    static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create($"{c.Key}", Json(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Select(Json)]),
        YamlScalarNode { Value: { } text } => text,
        _ => null,
    };
}
