using System.CommandLine;
using System.Globalization;
using System.Net;
using Farsight.Alignment.Recipes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Files;
using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;
using Farsight.Server.Dashboard;
using Farsight.Server.Hosting;
using Farsight.Server.Serving;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight serve</c>: answers OpenAI-compatible clients until Ctrl-C.</summary>
static class ServeCommand
{
    static readonly Dictionary<string, NumberFormat> s_formats = new(StringComparer.Ordinal)
    {
        ["f32"] = NumberFormat.F32,
        ["bf16"] = NumberFormat.BF16,
        ["q8"] = NumberFormat.Q8_0,
    };

    static readonly Option<string> s_model = SharedOptions.Model();
    static readonly Option<string?> s_name = new("--model-name")
    {
        Description = "Name of the model in requests. Default: the name of its directory or file.",
    };
    static readonly Option<string[]> s_adapters = new("--adapter")
    {
        Description = "Adapter to serve under a name of its own, as NAME=DIR in PEFT format. Repeatable; the weights are shared.",
    };
    static readonly Option<string?> s_folder = new("--allow-adapter-changes")
    {
        Description = "Folder whose subfolders clients may load and unload as adapters. Default: adapters cannot be changed.",
    };
    static readonly Option<string> s_rope = SharedOptions.Rope();
    static readonly PrecisionOption s_precision = new(infers: true);
    static readonly ContextMethodOption s_contextMethod = new();
    static readonly Option<string> s_host = Host();
    static readonly Option<int> s_port = SharedOptions.Count("--port", "Port to listen on. 0 selects a free one.", 8080, minimum: 0);
    static readonly Option<string?> s_key = Key();
    static readonly SizeOption s_cache = Cache();
    static readonly Option<string> s_kv = KeyValueFormat();
    static readonly Option<int?> s_context = new("--max-context")
    {
        Description = "Maximum tokens of a prompt and its answer. Default: the model's window.",
    };
    static readonly Option<int> s_concurrency = SharedOptions.Count(
        "--concurrency", "Maximum number of answers generated at a time.", 32);
    static readonly Option<int> s_requests = SharedOptions.Count(
        "--max-requests", "Maximum number of requests in progress, those that wait included.", 256);
    static readonly SizeOption s_body = new(
        "--max-body", "Maximum size of a request, as in 16MiB. Default: 4 MiB and 64 bytes per token of the window.");
    static readonly Option<int> s_connections = SharedOptions.Count("--max-connections", "Maximum number of open connections.", 1024);
    static readonly Option<int> s_header = SharedOptions.Count("--header-timeout", "Maximum seconds for the headers of a request.", 15);
    static readonly Option<int> s_idle = SharedOptions.Count("--idle-timeout", "Maximum seconds that a connection may be idle.", 130);
    static readonly Option<int> s_drain = SharedOptions.Count(
        "--drain", "Seconds that running requests get to finish after Ctrl-C.", 30, minimum: 0);
    static readonly Option<bool> s_logs = new("--log-prompts") { Description = "Write prompts and answers to the log." };
    static readonly Option<string[]> s_dashboard = new("--dashboard")
    {
        Description = "Folders whose runs, datasets and evaluations the server shows in a browser; without a folder, the working folder. "
            + "Default: no dashboard.",
        Arity = ArgumentArity.ZeroOrMore,
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<bool> s_stop = DashboardCommand.AllowStop();
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command command = new("serve", "Serve a model and its adapters to OpenAI-compatible clients.")
        {
            s_model, s_name, s_adapters, s_folder, s_rope, s_precision, s_contextMethod, s_host, s_port, s_key, s_cache, s_kv, s_context,
            s_concurrency, s_requests, s_body, s_connections, s_header, s_idle, s_drain, s_logs, s_dashboard, s_stop, s_threads,
        };
        command.SetAction(Run);
        return command;
    }

    static async Task<int> Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        TextWriter log = TextWriter.Synchronized(parse.InvocationConfiguration.Error);
        await using ModelServer server = await ModelServer.StartAsync(Options(parse), log.WriteLine, Dashboard(parse));
        (int tokens, long bytes) = server.Cache;
        string cache = tokens == 0 ? "no cache" : string.Create(
            CultureInfo.InvariantCulture,
            $"cache {tokens} tokens in {parse.GetValue(s_kv)}, {bytes / (double)(1 << 20):0.0} MiB per model name");
        parse.InvocationConfiguration.Output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Serving {string.Join(", ", server.ModelNames)} at {server.Url}/v1. Context {server.ContextTokens} tokens; "
                    + $"{cache}. {server.Url}/reference describes the API. Ctrl-C stops the server."));
        if (parse.GetResult(s_dashboard) is not null)
        {
            parse.InvocationConfiguration.Output.WriteLine($"The dashboard is at {server.Url}.");
        }
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException)
        {
            int drain = parse.GetValue(s_drain);
            log.WriteLine($"Stopping; running requests get {drain} s to finish.");
            await server.StopAsync(TimeSpan.FromSeconds(drain));
        }
        return ExitCode.Done;
    }

    static ServerOptions Options(ParseResult parse)
    {
        string model = BundledFiles.LocateModel(parse.GetValue(s_model)!);
        string? rope = parse.GetValue(s_rope), folder = parse.GetValue(s_folder);
        return new()
        {
            Model = model,
            ModelName = parse.GetValue(s_name),
            Adapters = [.. (parse.GetValue(s_adapters) ?? []).Select(Adapter)],
            AdapterFolder = folder is null || Directory.Exists(folder)
                ? folder
                : throw new InputException($"--allow-adapter-changes: the folder {folder} does not exist; create it, or name another."),
            Rope = rope is null ? null : RopeOption.Parse(rope, ModelFiles.ReadConfig(model)),
            Precision = s_precision.Of(parse) ?? Arithmetic.F32,
            ContextMethod = s_contextMethod.Of(parse)?.Text,
            Host = Address(parse.GetValue(s_host)),
            Port = parse.GetValue(s_port),
            ApiKey = parse.GetValue(s_key) is { } file ? ReadKey(file) : null,
            CacheBytes = parse.GetValue(s_cache) ?? PromptDecoder.DefaultCacheBytes,
            CacheFormat = FormatOf(parse.GetValue(s_kv)!),
            MaxContext = parse.GetValue(s_context),
            Concurrency = parse.GetValue(s_concurrency),
            MaxRequests = parse.GetValue(s_requests),
            MaxBodyBytes = parse.GetValue(s_body),
            MaxConnections = parse.GetValue(s_connections),
            HeaderTimeout = TimeSpan.FromSeconds(parse.GetValue(s_header)),
            IdleTimeout = TimeSpan.FromSeconds(parse.GetValue(s_idle)),
            LogsPrompts = parse.GetValue(s_logs),
        };
    }

    /// <summary>Creates <c>--cache</c>.</summary>
    internal static SizeOption Cache() => new(
        "--cache", "Memory for the keys and values of each model name, as in 4GiB. Default: 1GiB.");

    /// <summary>Creates <c>--kv</c>.</summary>
    internal static Option<string> KeyValueFormat() => SharedOptions.Choice(
        "--kv", "Format of the cached keys and values. With bf16 or q8, more tokens fit, and answers differ slightly.",
        s_formats.Keys, "f32");

    /// <summary>Returns the format of <c>--kv</c>.</summary>
    internal static NumberFormat FormatOf(string word) => s_formats[word];

    /// <summary>Creates <c>--host</c>.</summary>
    internal static Option<string> Host() => new("--host")
    {
        Description = "IP address to listen on. An address that other machines reach needs --api-key-file.",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    /// <summary>Creates <c>--api-key-file</c>.</summary>
    internal static Option<string?> Key() => new("--api-key-file")
    {
        Description = "File with the key that clients must send, at least 16 characters. Default: no key.",
    };

    /// <summary>Parses <c>--host</c>.</summary>
    internal static IPAddress Address(string? text) => IPAddress.TryParse(text, out IPAddress? address)
        ? address
        : throw new InputException("--host: give an IP address, as in 127.0.0.1 or ::1.");

    /// <summary>Returns what the dashboard shows; null without <c>--dashboard</c>.</summary>
    static DashboardOptions? Dashboard(ParseResult parse) => parse.GetResult(s_dashboard) is not null
        ? DashboardCommand.Options(
            parse.GetValue(s_dashboard) ?? [], BundledFiles.LocateModel(parse.GetValue(s_model)!), parse.GetValue(s_stop))
        : parse.GetValue(s_stop) ? throw new InputException("--allow-stop needs --dashboard.")
        : null;

    static ServedAdapter Adapter(string text) => text.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } directory]
        ? new(name, directory)
        : throw new InputException($"--adapter: '{text}' is not NAME=DIR; write for example logo=runs/logo/adapter.");

    /// <summary>Reads the key of <c>--api-key-file</c>.</summary>
    internal static string ReadKey(string file)
    {
        try
        {
            string key = RegularFile.ReadAllText(file).Trim();
            return key.Length > 0 ? key : throw new InputException($"--api-key-file: {file} is empty; put the key into it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--api-key-file: {file} cannot be read: {e.Message}", e);
        }
    }
}
