using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine.Inference;
using Farsight.Server.Hosting;
using Farsight.Server.Serving;

namespace Farsight.Cli.Commands;

/// <summary>Measures the server with several clients (<c>farsight bench server</c>).</summary>
static class BenchServerCommand
{
    static readonly Option<string> s_model = SharedOptions.Model();
    static readonly Option<int[]> s_clients = new("--clients")
    {
        Description = "Numbers of clients that ask at the same time, one round for each.",
        DefaultValueFactory = _ => [1, 8, 32],
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<int> s_questions = SharedOptions.Count("--questions", "Questions per round.", 40);
    static readonly Option<int> s_document = SharedOptions.Count("--document", "Tokens of the document that all questions are about.", 256);
    static readonly Option<int> s_new = SharedOptions.Count("--new", "Maximum tokens of an answer.", 32);
    static readonly SizeOption s_cache = ServeCommand.Cache();
    static readonly Option<string> s_kv = ServeCommand.KeyValueFormat();
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json("Print one JSON object per round.");

    internal static Command Create()
    {
        s_clients.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int[]>() is not { Length: > 0 } clients || clients.Any(c => c is < 1 or > 256))
            {
                result.AddError("--clients: use 1 to 256.");
            }
        });
        Command command = new(
            "server", "Time a server of this process with many questions about one document, and compare the answers.")
        {
            s_model, s_clients, s_questions, s_document, s_new, s_cache, s_kv, s_threads, s_json,
        };
        command.SetAction(Run);
        return command;
    }

    static async Task<int> Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        TextWriter output = parse.InvocationConfiguration.Output;
        bool isJson = parse.GetValue(s_json), isSound = true;
        ServerOptions server = new()
        {
            Model = BundledFiles.LocateModel(parse.GetValue(s_model)!),
            CacheBytes = parse.GetValue(s_cache) ?? PromptDecoder.DefaultCacheBytes,
            CacheFormat = ServeCommand.FormatOf(parse.GetValue(s_kv)!),
        };
        LoadTestOptions size = new(
            parse.GetValue(s_clients)!, parse.GetValue(s_questions), parse.GetValue(s_document), parse.GetValue(s_new));
        await foreach (LoadTestRound round in LoadTest.Run(server, size, cancel))
        {
            if (round.Clients == 0 && !isJson)
            {
                string times = $"{"first token",13}{"95 %",9}{"tokens/s",10}{"process peak",14}";
                output.WriteLine($"{"clients",-10}{"questions",10}{"failed",8}{"different",11}{times}");
            }
            output.WriteLine(isJson ? Json(round).ToJsonString() : Text(round));
            isSound &= round is { Failed: 0, Different: 0 };
        }
        return isSound ? ExitCode.Done : ExitCode.Failed;
    }

    static string Text(LoadTestRound r)
    {
        string clients = r.Clients == 0 ? "alone" : r.Clients.ToString(CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{clients,-10}{r.Questions,10}{r.Failed,8}{r.Different,11}")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{r.FirstToken,11:F3} s{r.FirstToken95,7:F3} s{r.TokensPerSecond,10:F1}{r.ProcessPeak >> 20,10} MiB");
    }

    static JsonObject Json(LoadTestRound r) => new()
    {
        ["clients"] = r.Clients,
        ["questions"] = r.Questions,
        ["failed"] = r.Failed,
        ["different"] = r.Different,
        ["seconds_first_token"] = Rounded(r.FirstToken, 4),
        ["seconds_first_token_95"] = Rounded(r.FirstToken95, 4),
        ["tokens_per_second"] = Rounded(r.TokensPerSecond, 3),
        ["process_peak_bytes"] = r.ProcessPeak,
    };

    static JsonValue? Rounded(double value, int digits) => double.IsNaN(value) ? null : JsonValue.Create(Math.Round(value, digits));
}
