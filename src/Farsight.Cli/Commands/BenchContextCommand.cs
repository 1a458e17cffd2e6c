using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary>Measures the methods that read long contexts (<c>farsight bench context</c>).</summary>
static class BenchContextCommand
{
    static readonly Option<string> s_model = SharedOptions.Model(
        "Model directory in Hugging Face format. 'bench make-model' writes one of any shape.");
    static readonly Option<string[]> s_methods = new("--method")
    {
        Description = $"Methods to time, with options as in --context-method: {string.Join(", ", ContextBenchmark.All)}. Default: all.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<int[]> s_lengths = new("--length")
    {
        Description = "Tokens of the prompts.",
        DefaultValueFactory = _ => [4096],
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<int> s_new = SharedOptions.Count("--new", "Generated tokens per prompt.", 32, minimum: 2);
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json("Print one JSON object per method and length.");

    internal static Command Create()
    {
        s_lengths.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int[]>()?.Any(l => l is < 1 or > 1 << 24) == true)
            {
                result.AddError("--length: use 1 to 16777216 tokens.");
            }
        });
        Command command = new(
            "context", "Time methods that read long contexts: first token, decoding, bytes read, memory held, and peak memory.")
        {
            s_model, s_methods, s_lengths, s_new, s_threads, s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        string[] methods = parse.GetValue(s_methods) ?? [];
        IEnumerable<ContextTime> times = ContextBenchmark.Run(
            BundledFiles.LocateModel(parse.GetValue(s_model)!), methods.Length > 0 ? methods : ContextBenchmark.All,
            parse.GetValue(s_lengths)!, parse.GetValue(s_new), cancel);
        int width = (methods.Length > 0 ? methods : ContextBenchmark.All).Max(m => m.Length);
        TextWriter output = parse.InvocationConfiguration.Output;
        bool isJson = parse.GetValue(s_json);
        if (!isJson)
        {
            string numbers = $"{"tokens",8}{"first token",14}{"tokens/s",10}{"KV read",12}{"held",12}{"peak",12}{"process peak",14}";
            output.WriteLine("method".PadRight(width) + numbers);
        }
        foreach (ContextTime time in times)
        {
            output.WriteLine(isJson ? Json(time).ToJsonString() : time.Method.PadRight(width) + Text(time));
        }
        return ExitCode.Done;
    }

    static string Text(ContextTime t) => t.Refused is { } reason
        ? string.Create(CultureInfo.InvariantCulture, $"{t.Length,8}  {reason}")
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{t.Length,8}{t.FirstToken,12:F2} s{t.TokensPerSecond,10:F1}{t.KeyValueBytes >> 20,8} MiB")
            + string.Create(CultureInfo.InvariantCulture, $"{t.HeldBytes >> 20,8} MiB")
            + (t.PeakBytes is { } peak ? string.Create(CultureInfo.InvariantCulture, $"{peak >> 20,8} MiB") : $"{"–",12}")
            + string.Create(CultureInfo.InvariantCulture, $"{t.ProcessPeak >> 20,10} MiB");

    static JsonObject Json(ContextTime t) => t.Refused is { } reason
        ? new() { ["method"] = t.Method, ["length"] = t.Length, ["refused"] = reason }
        : new()
        {
            ["method"] = t.Method,
            ["length"] = t.Length,
            ["seconds_first_token"] = Math.Round(t.FirstToken, 4),
            ["tokens_per_second"] = Math.Round(t.TokensPerSecond, 3),
            ["key_value_bytes"] = t.KeyValueBytes,
            ["held_bytes"] = t.HeldBytes,
            ["peak_bytes"] = t.PeakBytes,
            ["process_peak_bytes"] = t.ProcessPeak,
        };
}
