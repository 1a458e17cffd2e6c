using System.CommandLine;
using System.Net;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Server.Dashboard;
using Farsight.Server.Hosting;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight dashboard</c>: shows runs, datasets and evaluations in a browser until Ctrl-C.</summary>
static class DashboardCommand
{
    static readonly Argument<string[]> s_folders = new("dir")
    {
        Description = "Folders to show, with all folders below them. Default: the working folder.",
        Arity = new ArgumentArity(0, 20),
    };
    static readonly Option<string> s_model = SharedOptions.Model(
        "Model whose tokenizer shows the tokens of datasets. Default: that of a run that was trained on the dataset.", required: false);
    static readonly Option<bool> s_stop = AllowStop();
    static readonly Option<string> s_host = ServeCommand.Host();
    static readonly Option<int> s_port = SharedOptions.Count("--port", "Port to listen on. 0 selects a free one.", 8081, minimum: 0);
    static readonly Option<string?> s_key = ServeCommand.Key();

    internal static Command Create()
    {
        Command command = new("dashboard", "Show training runs, datasets and evaluations in a browser.")
        {
            s_folders, s_model, s_stop, s_host, s_port, s_key,
        };
        command.SetAction(Run);
        return command;
    }

    internal static Option<bool> AllowStop() => new("--allow-stop")
    {
        Description = "Let the dashboard stop runs, as Ctrl-C does. Default: it only reads.",
    };

    /// <summary>Returns what a dashboard shows.</summary>
    internal static DashboardOptions Options(IReadOnlyList<string> folders, string? model, bool allowsStop) =>
        new(folders.Count > 0 ? folders : ["."]) { Model = model, AllowsStop = allowsStop };

    static async Task<int> Run(ParseResult parse, CancellationToken cancel)
    {
        string? model = parse.GetValue(s_model) is { } given ? BundledFiles.LocateModel(given) : null;
        IPAddress host = ServeCommand.Address(parse.GetValue(s_host));
        await using DashboardServer server = await DashboardServer.StartAsync(
            Options(parse.GetValue(s_folders) ?? [], model, parse.GetValue(s_stop)),
            host,
            parse.GetValue(s_port),
            parse.GetValue(s_key) is { } file ? ServeCommand.ReadKey(file) : null,
            _ => { });
        parse.InvocationConfiguration.Output.WriteLine($"The dashboard is at {server.Url}. Ctrl-C stops it.");
        try
        {
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is the way to stop it.
        }
        return ExitCode.Done;
    }
}
