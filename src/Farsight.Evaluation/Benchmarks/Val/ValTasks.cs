using System.Globalization;
using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.Val;

/// <summary>Represents VAL probing: the accuracy of retrieval at each depth of a context of 32K tokens.</summary>
/// <remarks>
/// Version 1 of each. The prompts are the published ones without the markup of the authors' model, so that the evaluated model's own
/// template is used. An example's depth is that of its span of 50 positions among the 800 sentences, 800 functions or 750 entities; the
/// authors' plot drops the last position of each span, and these tasks do not. Examples whose key occurs twice are left out by the
/// published lists in all three tasks; the authors' plot uses the list of the documents only. The paper calls the database task
/// "structured data".
/// </remarks>
sealed class ValTasks : IEvalTaskFamily
{
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks { get; } =
    [
        new ValTask("val/document", "A sentence around eight words, by depth", "document_bi_32k", 800, "share of the sentence's words"),
        new ValTask("val/code", "A function by one of its lines, by depth", "code_backward_32k", 800, "function name occurs"),
        new ValTask("val/database", "An entity by its id, by depth", "database_forward_32k", 750, "label or description occurs"),
    ];
}

/// <summary>Represents one probe.</summary>
/// <param name="name">The task's name.</param>
/// <param name="title">The title.</param>
/// <param name="file">Name of the data file.</param>
/// <param name="positions">Number of pieces in a context.</param>
/// <param name="metric">The metric.</param>
sealed class ValTask(string name, string title, string file, int positions, string metric) : IGeneratedTask
{
    const string Source = "Hugging Face In2Training/VaLProbing-32K", Open = "[INST]", Close = "[/INST]", Begin = "<s>";
    const int Span = 50, NewTokens = 128;

    string File => $"val/{file}.jsonl";

    string Skipped => $"val/{file}_skip_list.json";

    /// <inheritdoc/>
    public EvalTaskCard Card => new(name, 1, title, "arXiv:2404.16811; microsoft/FILM @134c03b, VaLProbing", metric, 0)
    {
        Benchmark = "val",
        Data =
        [
            new(File, $"{Source}: {file}.jsonl"),
            new(Skipped, $"microsoft/FILM @134c03b: VaLProbing/VaLProbing-32K/{file}_skip_list.json") { IsOptional = true },
        ],
    };

    /// <inheritdoc/>
    public IEnumerable<EvalExample> Examples(EvalSetting setting)
    {
        HashSet<int> skipped = setting.Data.Exists(Skipped)
            ? [.. DataRecord.OfFile(setting.Data, Skipped).Items().Select(i => Index(i.Text(), i))]
            : [];
        return DataRecord.Of(setting.Data, File).Index().Where(r => !skipped.Contains(r.Index)).Select(r => Example(r.Index, r.Item));
    }

    /// <inheritdoc/>
    public EvalScore Score(EvalExample example, string completion) => name switch
    {
        "val/document" => new(WordRecall(example.References[0], completion)),
        "val/code" => EvalScore.Of(completion.Contains(example.References[0].Trim('.'), StringComparison.Ordinal)),
        _ => EvalScore.Of(example.References.Any(r => completion.Contains(r.Trim('.'), StringComparison.OrdinalIgnoreCase))),
    };

    EvalExample Example(int number, DataRecord record)
    {
        int position = record.Number("position_id");
        if (position < 0 || position >= positions)
        {
            throw record.Lacks(string.Create(CultureInfo.InvariantCulture, $"a 'position_id' from 0 to {positions - 1}"));
        }
        string[] references = name == "val/database"
            ? [record.Text("label"), record.Text("description")]
            : [record.Text("completion")];
        if (references.Any(r => r.Trim('.', ' ').Length == 0))
        {
            throw record.Lacks("a right answer with a word");
        }
        string prompt = Plain(record.Text("prompt"));
        double depth = (double)(position / Span * Span) / positions;
        return new(number.ToString(CultureInfo.InvariantCulture), EvalPrompt.Of(prompt), references, NewTokens)
        {
            Question = Last(prompt),
            Groups = new Dictionary<string, string>
            {
                [EvalExample.Depth] = depth.ToString("0.####", CultureInfo.InvariantCulture),
                ["set"] = record.Text("set_id"),
            },
        };
    }

    /// <summary>Computes the share of the different gold words that an answer has, in lower case and split at white space.</summary>
    static double WordRecall(string gold, string answer)
    {
        HashSet<string> wanted = Words(gold), given = Words(answer);
        return (double)wanted.Count(given.Contains) / wanted.Count;
    }

    static HashSet<string> Words(string text) => [.. text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Removes the markup of the authors' model around a prompt.</summary>
    static string Plain(string prompt)
    {
        string text = prompt.Trim();
        text = text.StartsWith(Begin, StringComparison.Ordinal) ? text[Begin.Length..].TrimStart() : text;
        text = text.StartsWith(Open, StringComparison.Ordinal) ? text[Open.Length..] : text;
        return (text.EndsWith(Close, StringComparison.Ordinal) ? text[..^Close.Length] : text).Trim();
    }

    static string Last(string prompt) => prompt[(prompt.LastIndexOf('\n') + 1)..];

    static int Index(string text, DataRecord record) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : throw record.Lacks("a whole number");
}
