using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Core.Ranking;

/// <summary>Reads the answers of a system that Farsight did not evaluate: one JSON object per line.</summary>
public static class AnswerFile
{
    const string Task = "answers";

    /// <summary>Reads a JSONL file with the texts "question" and "answer", and optionally "id" and "reference".</summary>
    /// <remarks>Without an id, a line is compared with the lines of the same question.</remarks>
    /// <exception cref="InputException">The file is missing, a line lacks a text, or two lines have one id.</exception>
    public static EvalResults Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"{path} does not exist; give the output folder of an evaluation, or a JSONL file with answers.");
        }
        List<EvalRecord> records = [];
        HashSet<string> ids = [];
        foreach ((int i, string line) in RegularFile.ReadLines(path).Index().Where(l => !string.IsNullOrWhiteSpace(l.Item)))
        {
            string place = $"{path}:{i + 1}";
            DataRecord record = Parse(line, place);
            string question = Text(record, "question", place), id = record.Has("id") ? record.Text("id") : question;
            records.Add(ids.Add(id)
                ? new(path, Task, 1, id, "", 0, new Dictionary<string, double>())
                {
                    Question = question,
                    References = record.Has("reference") ? [record.Text("reference")] : [],
                    Completion = Text(record, "answer", place),
                }
                : throw new InputException($"{place} repeats the id or question '{id}'; give each line its own \"id\"."));
        }
        return new(path, 0, "", [], records);
    }

    static string Text(DataRecord record, string key, string place) => record.Has(key)
        ? record.Text(key)
        : throw new InputException($"{place} lacks \"{key}\"; each line needs a question and an answer.");

    static DataRecord Parse(string line, string place)
    {
        try
        {
            return new(JsonElement.Parse(line), place);
        }
        catch (JsonException e)
        {
            throw new InputException($"{place} is not a JSON object: {e.Message}", e);
        }
    }
}
