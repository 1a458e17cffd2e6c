using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Farsight.Alignment.Hub;
using Farsight.Alignment.Inspection;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Text.Tokenizers;

namespace Farsight.Cli.Commands;

/// <summary>Describes a model, adapter, run, weights file or dataset (<c>farsight inspect</c>).</summary>
static class InspectCommand
{
    static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    static readonly Argument<string> s_path = new("path")
    {
        Description = "Model, adapter or run directory, or GGUF, safetensors or dataset (.jsonl) file.",
    };
    static readonly Option<bool> s_tensors = new("--tensors") { Description = "List all tensors." };
    static readonly Option<bool> s_scan = new("--scan") { Description = "Read all weights and count NaN and infinite values." };
    static readonly Option<bool> s_json = SharedOptions.Json();

    static readonly Option<string?> s_html = new("--html")
    {
        Description = "HTML page to write, with samples of a dataset and their evidence. Default: none.",
    };
    static readonly Option<bool> s_card = new("--card")
    {
        Description = "Write the card of a dataset, FILE.card.md and FILE.card.json.",
    };
    static readonly Option<string?> s_tokens = new("--tokens")
    {
        Description = "Id of a sample of the dataset. List its tokens with positions and roles; needs --tokenizer. Default: none.",
    };
    static readonly Option<string> s_tokenizer = SharedOptions.Tokenizer(
        "Model directory of the dataset, for --tokens and for the chunk texts of --html and --card. Default: chunks without text.");
    static readonly Option<int> s_samples = SharedOptions.Count("--samples", "Number of evenly spaced samples on the --html page.", 40);

    internal static Command Create()
    {
        Command command = new("inspect", "Describe a file or directory: sizes, shapes, formats and anomalies.")
        {
            s_path,
            s_tensors,
            s_scan,
            s_json,
            s_html,
            s_card,
            s_tokens,
            s_tokenizer,
            s_samples,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse), CancellationToken.None).WaitAsync(cancel));
        return command;
    }

    static int Run(ParseResult parse)
    {
        string path = BundledFiles.Locate(parse.GetValue(s_path)!);
        path = Path.Exists(path) ? path : HubCache.Find(path) ?? path;
        if (parse.GetValue(s_html) is not null || parse.GetValue(s_card))
        {
            ShowDataset(path, parse);
            return ExitCode.Done;
        }
        if (parse.GetValue(s_tokens) is { } sample)
        {
            ListTokens(path, sample, parse);
            return ExitCode.Done;
        }
        Inspection inspection = Inspector.Inspect(path, parse.GetValue(s_scan));
        parse.InvocationConfiguration.Output.Write(
            parse.GetValue(s_json) ? Json(path, inspection) : Text(path, inspection, parse.GetValue(s_tensors)));
        return ExitCode.Done;
    }

    static void ShowDataset(string path, ParseResult parse)
    {
        if (!path.EndsWith(".jsonl", StringComparison.Ordinal) || !File.Exists(path))
        {
            throw new InputException($"{path} is not a .jsonl file. --html and --card apply only to preference datasets.");
        }
        Tokenizer? tokenizer = parse.GetValue(s_tokenizer) is { } directory ? Tokenizer.Load(BundledFiles.LocateModel(directory)) : null;
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(s_html) is { } html)
        {
            output.WriteLine($"{html}: {DatasetPage.Write(path, html, tokenizer, parse.GetValue(s_samples))} samples");
        }
        if (parse.GetValue(s_card))
        {
            DatasetCardFiles.Write(path, tokenizer);
            output.WriteLine($"{path}.card.md");
        }
    }

    static void ListTokens(string path, string sample, ParseResult parse)
    {
        string model = parse.GetValue(s_tokenizer) is { } directory
            ? BundledFiles.LocateModel(directory)
            : throw new InputException("--tokens needs --tokenizer, the directory of the model that the dataset is for.");
        IReadOnlyList<SampleToken> tokens = TokenListing.Of(path, sample, model);
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(s_json))
        {
            output.WriteLine(JsonSerializer.Serialize(
                tokens.Select(t => new { part = t.Part, position = t.Position, id = t.Id, text = t.Text, role = t.Role }), s_indented));
            return;
        }
        foreach (IGrouping<string, SampleToken> part in tokens.GroupBy(t => t.Part))
        {
            output.WriteLine($"{part.Key}: {part.Count()} tokens");
            foreach (SampleToken token in part)
            {
                string text = JsonSerializer.Serialize(token.Text, s_indented);
                output.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"  {token.Position,7}  {token.Role,-8}  {token.Id,7}  {text}"));
            }
        }
    }

    static string Text(string path, Inspection inspection, bool tensors)
    {
        StringWriter text = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        text.WriteLine($"{path}: {inspection.Kind}");
        int width = inspection.Facts.Max(f => f.Key.Length);
        foreach ((string name, object value) in inspection.Facts)
        {
            text.WriteLine($"  {name.PadRight(width)}  {Text(value)}");
        }
        foreach (InspectedTensor tensor in tensors ? inspection.Tensors : [])
        {
            text.WriteLine($"  {tensor.Name}  {tensor.Type} [{string.Join(", ", tensor.Shape)}]");
        }
        foreach (string sentence in inspection.Unusual)
        {
            text.WriteLine($"! {sentence}");
        }
        return text.ToString();
    }

    static string Text(object value) => value switch
    {
        bool flag => flag ? "yes" : "no",
        string text => text,
        IEnumerable list => string.Join(", ", list.Cast<object>()),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    static string Json(string path, Inspection inspection) =>
        JsonSerializer.Serialize(
            new
            {
                path,
                kind = inspection.Kind,
                facts = inspection.Facts.ToDictionary(f => f.Key, f => f.Value),
                unusual = inspection.Unusual,
                tensors = inspection.Tensors.Select(t => new
                {
                    name = t.Name,
                    type = t.Type,
                    shape = t.Shape,
                    bytes = t.ByteCount,
                    not_finite = t.NotFinite,
                }),
            },
            s_indented
        ) + "\n";
}
