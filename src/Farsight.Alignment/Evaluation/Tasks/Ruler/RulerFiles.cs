using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Farsight.Engine;

namespace Farsight.Alignment.Evaluation.Tasks.Ruler;

/// <summary>Reads what RULER is made of from the user's data folder: templates, word lists, essays, questions.</summary>
/// <param name="open">Opens a file of the data folder by its relative path, or says that it is missing.</param>
/// <param name="list">Names the files of a folder there.</param>
sealed class RulerFiles(Func<string, Stream> open, Func<string, IEnumerable<string>> list)
{
    internal const string Templates = "ruler/templates_and_config.json";
    internal const string Words = "ruler/wonderwords_2.2.0";
    internal const string ManyWords = "ruler/english_words.json";
    internal const string Essays = "niah/PaulGrahamEssays";
    internal const string Squad = "ruler/squad_dev_plus_test_contexts.json.gz";
    internal const string Hotpot = "ruler/hotpotqa_dev_distractor_first100.json";

    /// <summary>The template of a kind of tasks: "niah", "variable_tracking".</summary>
    internal RulerTemplate Template(string kind)
    {
        JsonElement task = Json(Templates).GetProperty("tasks").GetProperty(kind);
        return new(task.GetProperty("template").GetString()!, task.GetProperty("answer_prefix").GetString()!, task.GetProperty("tokens_to_generate").GetInt32());
    }

    /// <summary>The settings of one task, as synthetic.yaml has them.</summary>
    internal JsonElement Settings(string task) => Json(Templates).GetProperty("synthetic_yaml").GetProperty(task).GetProperty("args");

    /// <summary>A word list: "noun", "adjective", "verb".</summary>
    internal string[] WordList(string kind) => [.. Text($"{Words}/{kind}list.txt").TrimEnd('\n').Split('\n').Select(w => w.TrimEnd())];

    /// <summary>The long list of English words that the longest contexts need.</summary>
    internal string[] ManyWordList() => [.. Json(ManyWords).EnumerateObject().Select(w => w.Value.GetString()!)];

    /// <summary>All essays in the order of their file names, one right after the other.</summary>
    internal string EssayText() => string.Concat(list(Essays).Where(f => f.EndsWith(".txt", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(Text));

    /// <summary>A JSON file.</summary>
    /// <exception cref="InputException">It is not JSON.</exception>
    internal JsonElement Json(string path)
    {
        try
        {
            return JsonDocument.Parse(Text(path)).RootElement.Clone();
        }
        catch (JsonException fault)
        {
            throw new InputException($"{path} in the data folder is not JSON: {fault.Message}");
        }
    }

    string Text(string path)
    {
        using Stream file = open(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using StreamReader reader = new(plain, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
