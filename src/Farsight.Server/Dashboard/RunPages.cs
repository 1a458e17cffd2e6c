using System.Globalization;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Evaluation.Report;
using Farsight.Workflows.Reports;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Dashboard;

/// <summary>Shows training runs: the list, one run, and several on common axes.</summary>
/// <param name="folders">The shown folders.</param>
/// <param name="allowsStop">Whether a run may be stopped.</param>
sealed class RunPages(ShownFolders folders, bool allowsStop)
{
    const int MostFollowed = 128, MostCompared = 12;

    static readonly (string Value, string Text)[] s_smoothing =
        [("0", "none"), ("0.01", "light"), ("", "normal"), ("0.1", "strong")];

    readonly Lock _access = new();
    readonly Dictionary<string, (LiveRun Run, long Used)> _followed = [];
    long _uses;

    /// <summary>Returns the list of runs.</summary>
    internal HtmlPage List(HttpRequest request)
    {
        FolderContent content = folders.Content();
        string find = request.Query["find"].ToString();
        FoundItem[] runs =
        [
            .. content.Runs.Where(r => r.Name.Contains(find, StringComparison.OrdinalIgnoreCase)).OrderByDescending(r => r.Written),
        ];
        int page = Html.PageOf(request, runs.Length);
        string body = runs.Length == 0
            ? Html.Note(find.Length > 0 ? "No run has this text in its name." : "The shown folders have no training run yet.")
            : Table(runs.Skip((page - 1) * Html.PageSize).Take(Html.PageSize)) + Html.Pager(request, page, runs.Length);
        return new("Runs", Count(content.Runs.Count, "training run"), Cut(content) + body)
        {
            Section = "/runs",
            IsLive = true,
            Controls = Html.Form("/runs", [], Html.Field("find", "Name", find), "Find"),
        };
    }

    /// <summary>Returns the page of one run.</summary>
    internal HtmlPage One(HttpRequest request)
    {
        string address = request.Query["path"].ToString(), folder = Folder(address);
        lock (_access)
        {
            TrainedRun run = Look(address, folder);
            ReportModel model = Smoothed(RunOverview.Of(run), request);
            return new(model.Title, "", $"<p class=\"lead\">{Html.Escape(model.Lead)}</p>\n{ReportWriter.Body(model)}")
            {
                Section = "/runs",
                IsLive = true,
                Controls = Links(run) + Smoothing(request, "/run", [("path", address)]) + Stop(run, address),
            };
        }
    }

    /// <summary>Returns the page of several runs.</summary>
    internal HtmlPage Several(HttpRequest request)
    {
        string[] addresses = [.. request.Query["run"].OfType<string>().Distinct()];
        if (addresses.Length is < 2 or > MostCompared)
        {
            throw new PageException(400, $"Mark 2 to {MostCompared} runs in the list, then compare them.");
        }
        string[] paths = [.. addresses.Select(Folder)];
        lock (_access)
        {
            TrainedRun[] runs = [.. addresses.Zip(paths, Look)];
            ReportModel model = Smoothed(RunComparison.Of(runs).Report(), request);
            return new("Several runs", model.Lead, ReportWriter.Body(model))
            {
                Section = "/runs",
                IsLive = true,
                Controls = Smoothing(request, "/compare", addresses.Select(a => ("run", a))),
            };
        }
    }

    /// <summary>Stops a run as Ctrl-C does.</summary>
    internal void Stop(string address)
    {
        if (!allowsStop)
        {
            throw new PageException(403, "Runs cannot be stopped here; start the dashboard with permission to stop runs.");
        }
        RunDirectory.RequestStop(Folder(address));
    }

    string Table(IEnumerable<FoundItem> runs)
    {
        List<IReadOnlyList<string>> rows = [];
        lock (_access)
        {
            foreach (FoundItem run in runs)
            {
                string name = Html.Link("/run", run.Address, run.Name);
                rows.Add([name, Html.Mark("run", run), .. Cells(run)]);
            }
        }
        return $"<form action=\"/compare\" method=\"get\">\n{Html.Table("Runs", ["Run", "Compare", .. RunOverview.Columns], rows)}"
            + "<p><button type=\"submit\">Compare the marked runs</button></p>\n</form>\n";
    }

    IEnumerable<string> Cells(FoundItem run)
    {
        try
        {
            RunSummary summary = RunOverview.Summary(Look(run.Address, Folder(run.Address)));
            return [Html.Escape(summary.State), .. summary.Cells.Select(Html.Escape)];
        }
        catch (Exception e) when (e is InputException or PageException or IOException or UnauthorizedAccessException)
        {
            return [$"not readable: {Html.Escape(e.Message)}", .. RunOverview.Columns.Skip(1).Select(_ => "–")];
        }
    }

    string Folder(string address)
    {
        string folder = folders.Locate(address);
        return RunDirectory.IsRun(folder) ? folders.RequireOwn(folder) : throw new PageException(404, "This folder has no training run.");
    }

    TrainedRun Look(string address, string folder)
    {
        if (!_followed.TryGetValue(address, out (LiveRun Run, long Used) followed))
        {
            string? name = folders.Content().Runs.Find(r => r.Address == address)?.Name;
            followed = (new(folder, name ?? address), 0);
            if (_followed.Count >= MostFollowed)
            {
                _followed.Remove(_followed.MinBy(f => f.Value.Used).Key);
            }
        }
        _followed[address] = (followed.Run, ++_uses);
        return followed.Run.Look();
    }

    string Links(TrainedRun run)
    {
        string? data = TrainedOn.Read(run.Folder) is { } trained && File.Exists(trained.Data) ? folders.AddressOf(trained.Data) : null;
        return data is null ? "" : $"<p>{Html.Link("/dataset", data, "Its dataset")}</p>\n";
    }

    string Stop(TrainedRun run, string address) => !allowsStop || run.State != RunState.Running ? "" :
        "<details class=\"stop\"><summary>Stop this run</summary>\n<form method=\"post\" action=\"/run/stop\">\n"
            + Html.Note("The step in progress is finished and saved. The run can be resumed.")
            + $"<input type=\"hidden\" name=\"path\" value=\"{Html.Escape(address)}\">"
            + "<button type=\"submit\">Stop after this step</button>\n</form></details>\n";

    static string Smoothing(HttpRequest request, string page, IEnumerable<(string, string)> kept) => Html.Form(
        page, kept, Html.Choice("smoothing", "Smoothing of curves", request.Query["smoothing"], s_smoothing), "Apply");

    static ReportModel Smoothed(ReportModel model, HttpRequest request)
    {
        string given = request.Query["smoothing"].ToString();
        if (!s_smoothing.Any(s => s.Value == given) || given.Length == 0)
        {
            return model;
        }
        double share = double.Parse(given, CultureInfo.InvariantCulture);
        return model with
        {
            Sections = [.. model.Sections.Select(s => s with { Charts = [.. s.Charts.Select(c => c with { Smoothing = share })] })],
        };
    }

    internal static string Cut(FolderContent content) => content.IsCut
        ? Html.Note("The shown folders have too many folders below them; some of them were not searched. Name folders further down.")
        : "";

    internal static string Count(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}{(count == 1 ? "" : "s")}");
}
