using System.Globalization;
using System.Text;
using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Report;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Dashboard;

/// <summary>Shows evaluations: the list, one or several compared, and every answer. Studies link to their reports.</summary>
/// <param name="folders">The shown folders.</param>
sealed class EvaluationPages(ShownFolders folders)
{
    const int MostCompared = 8, MostOpen = 16, SummaryCharacters = 120, MostTasks = 4;

    readonly Lock _access = new();
    readonly Dictionary<string, (DateTime Written, EvalResults Results)> _open = [];
    readonly Dictionary<string, (DateTime Written, IReadOnlyList<string> Cells)> _rows = []; // of the list

    /// <summary>Returns the list of evaluations and reports.</summary>
    internal HtmlPage List(HttpRequest request)
    {
        FolderContent content = folders.Content();
        string find = request.Query["find"].ToString();
        FoundItem[] all = [.. content.Evaluations.Where(e => e.Name.Contains(find, StringComparison.OrdinalIgnoreCase))];
        int page = Html.PageOf(request, all.Length);
        StringBuilder body = new(RunPages.Cut(content));
        if (content.Reports.Count > 0)
        {
            body.Append("<h2>Studies and demos</h2>\n<ul>\n");
            foreach (FoundItem report in content.Reports)
            {
                body.Append($"<li>{Html.Link("/report", report.Address, report.Name)}</li>\n");
            }
            body.Append("</ul>\n<h2>Evaluations</h2>\n");
        }
        body.Append(all.Length == 0
            ? Html.Note(find.Length > 0 ? "No evaluation has this text in its name." : "The shown folders have no finished evaluation yet.")
            : Table(all.Skip((page - 1) * Html.PageSize).Take(Html.PageSize)) + Html.Pager(request, page, all.Length));
        return new("Evaluations", RunPages.Count(content.Evaluations.Count, "evaluation"), body.ToString())
        {
            Section = "/evaluations",
            Controls = Html.Form("/evaluations", [], Html.Field("find", "Name", find), "Find"),
        };
    }

    /// <summary>Returns the retrieval heads of the evaluations that measured them, with the name of each.</summary>
    internal IReadOnlyList<(string Name, string Heads)> RetrievalHeads()
    {
        List<(string, string)> found = [];
        foreach (FoundItem item in folders.Content().Evaluations)
        {
            try
            {
                string folder = folders.Locate(item.Address);
                if (found.Count < MostOpen && File.Exists(Path.Combine(folder, HeadScores.FileName)))
                {
                    IReadOnlyList<AttentionHead> heads = HeadScores.Read(folders.RequireOwn(folder)).RetrievalHeads;
                    IEnumerable<string> names = heads.Select(h => string.Create(CultureInfo.InvariantCulture, $"{h.Layer}-{h.Head}"));
                    found.AddRange(heads.Count > 0 ? [(item.Name, string.Join(' ', names))] : []);
                }
            }
            catch (Exception e) when (e is InputException or PageException or IOException or UnauthorizedAccessException)
            {
                // Its own page says what is wrong with it.
            }
        }
        return found;
    }

    /// <summary>Returns the page of one evaluation, or of several compared with the first.</summary>
    internal HtmlPage One(HttpRequest request)
    {
        string[] addresses = [.. request.Query["path"].OfType<string>().Distinct()];
        if (addresses.Length is < 1 or > MostCompared)
        {
            throw new PageException(400, $"Mark 1 to {MostCompared} evaluations in the list; the first is the baseline.");
        }
        ReportVariant[] variants = [.. addresses.Select(a => new ReportVariant(NameOf(a), Read(a)))];
        string title = string.Join(", ", variants.Skip(1).Select(v => v.Name))
            + (variants.Length > 1 ? $" against {variants[0].Name}" : variants[0].Name);
        ReportModel model = EvalReport.Of(title, "", variants);
        string answers = string.Join(
            " · ",
            addresses.Zip(variants, (a, v) => Html.Link(
                "/answers", a, variants.Length == 1 ? "Every answer" : $"Every answer of {v.Name}")));
        return new(title, model.Lead, ReportWriter.Body(model))
        {
            Section = "/evaluations",
            Controls = $"<p>{answers}</p>\n",
            HasStyleAttributes = true,
        };
    }

    /// <summary>Returns a page of the answers of an evaluation.</summary>
    internal HtmlPage Answers(HttpRequest request)
    {
        string address = request.Query["path"].ToString(), task = request.Query["task"].ToString(), only = request.Query["only"].ToString();
        string find = request.Query["find"].ToString();
        EvalResults results = Read(address);
        TaskResult[] tasks = [.. results.Tasks];
        EvalRecord[] records =
        [
            .. results.Examples.Where(r => task.Length == 0 || r.Task == task).Where(r => only switch
            {
                "wrong" => r.Failed is not null || r.Score < 1,
                "failed" => r.Failed is not null,
                _ => true,
            }).Where(r => find.Length == 0 || new[] { r.Id, r.Question, r.Completion, r.PromptEnd }
                .Any(t => t.Contains(find, StringComparison.OrdinalIgnoreCase))),
        ];
        int page = Html.PageOf(request, records.Length);
        StringBuilder body = new();
        foreach (EvalRecord record in records.Skip((page - 1) * Html.PageSize).Take(Html.PageSize))
        {
            Append(body, record, tasks.First(t => t.Task == record.Task), PromptLink(address, record));
        }
        string fields = Html.Choice("task", "Task", task, [("", "all"), .. tasks.Select(t => (t.Task, t.Title))])
            + Html.Choice("only", "Answers", only, ("", "all"), ("wrong", "below the full score"), ("failed", "failed"))
            + Html.Field("find", "Text", find);
        string lead = $"{RunPages.Count(records.Length, "answer")} by {results.Model}";
        return new($"Answers: {NameOf(address)}", lead, body.Append(Html.Pager(request, page, records.Length)).ToString())
        {
            Section = "/evaluations",
            Controls = $"<p>{Html.Link("/evaluation", address, "Tables and maps")}</p>\n"
                + Html.Form("/answers", [("path", address)], fields, "Filter"),
        };
    }

    /// <summary>Returns the report of a study or a demo as it is.</summary>
    /// <exception cref="PageException">The address is not that of such a report.</exception>
    internal string Report(HttpRequest request)
    {
        string address = request.Query["path"].ToString(), file = folders.Locate(address);
        return folders.Content().Reports.Any(r => r.Address == address)
            ? Engine.Files.RegularFile.ReadAllText(file)
            : throw new PageException(404, "This is not the report of a study or a demo.");
    }

    /// <summary>Returns the page of a whole prompt.</summary>
    internal HtmlPage Prompt(HttpRequest request)
    {
        string address = request.Query["path"].ToString(), hash = request.Query["prompt"].ToString();
        _ = Folder(address);
        string name = PromptFiles.NameOf(hash) ?? throw new PageException(404, "This is not the hash of a prompt.");
        string text = PromptFiles.Read(folders.Locate($"{address}/{name}"));
        string length = string.Create(CultureInfo.InvariantCulture, $"{text.Length:N0} characters, SHA-256 {hash}");
        return new($"Prompt: {NameOf(address)}", length, $"<pre class=\"whole\" tabindex=\"0\">{Html.Escape(text)}</pre>\n")
        {
            Section = "/evaluations",
            Controls = $"<p>{Html.Link("/answers", address, "Every answer")}</p>\n",
        };
    }

    string Table(IEnumerable<FoundItem> evaluations) =>
        "<form action=\"/evaluation\" method=\"get\">\n"
            + Html.Table(
                "Evaluations",
                ["Evaluation", "Compare", "Model", "Scores with 95 % intervals", "Answers", "Written (UTC)"],
                evaluations.Select(e => (IReadOnlyList<string>)
                [
                    Html.Link("/evaluation", e.Address, e.Name),
                    Html.Mark("path", e),
                    .. Cells(e),
                    Html.Link("/answers", e.Address, "answers"),
                    e.Written.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                ]))
            + "<p><button type=\"submit\">Compare the marked evaluations</button></p>\n</form>\n";

    /// <summary>Returns model and scores of an evaluation in the list.</summary>
    IReadOnlyList<string> Cells(FoundItem evaluation)
    {
        try
        {
            string folder = Folder(evaluation.Address);
            DateTime written = File.GetLastWriteTimeUtc(Path.Combine(folder, EvalFiles.ResultsName));
            lock (_access)
            {
                (DateTime Written, IReadOnlyList<string>? Cells) known = _rows.GetValueOrDefault(evaluation.Address);
                if (known.Cells is not null && known.Written == written)
                {
                    return known.Cells;
                }
                EvalResults results = EvalFiles.ReadTasks(folder);
                string[] cells = [Html.Escape(results.Model), Scores(results.Tasks)];
                _rows[evaluation.Address] = (written, cells);
                return cells;
            }
        }
        catch (Exception e) when (e is InputException or PageException or IOException or UnauthorizedAccessException)
        {
            return ["–", $"not readable: {Html.Escape(e.Message)}"];
        }
    }

    static string Scores(IReadOnlyList<TaskResult> tasks)
    {
        IEnumerable<string> more = tasks.Count > MostTasks
            ? [string.Create(CultureInfo.InvariantCulture, $"and {tasks.Count - MostTasks} more tasks")] : [];
        IEnumerable<string> lines = tasks.Take(MostTasks).Select(t => $"{t.Task}: {Score(t)}").Concat(more);
        return string.Concat(lines.Select(l => $"<span class=\"text\">{Html.Escape(l)}</span>"));
    }

    /// <summary>Returns a score with its interval: "93.8 % (88.9 to 96.6), n = 80".</summary>
    static string Score(TaskResult task)
    {
        string unit = task.IsShare ? " %" : "";
        string score = task.All.Mean is { } mean ? $"{ReportText.Score(task.IsShare, mean)}{unit}" : "not measured";
        string interval = task.All is { Low: { } low, High: { } high }
            ? $" ({ReportText.Score(task.IsShare, low)} to {ReportText.Score(task.IsShare, high)})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{score}{interval}, n = {task.All.N}");
    }

    /// <summary>Returns a link to the whole prompt; empty where it is not kept, as in evaluations of earlier versions.</summary>
    string PromptLink(string address, EvalRecord record) =>
        PromptFiles.NameOf(record.PromptSha256) is { } name && File.Exists(Path.Combine(Folder(address), name))
            ? $"<p><a href=\"/prompt?path={Uri.EscapeDataString(address)}&amp;prompt={record.PromptSha256}\">The whole prompt</a></p>\n"
            : "";

    static void Append(StringBuilder html, EvalRecord record, TaskResult task, string prompt)
    {
        string score = record.Failed is not null ? "failed"
            : task.IsShare ? $"{ReportText.PercentOne(record.Score)} %" : ReportText.Fixed(record.Score, 2);
        string groups = string.Concat(record.Groups.Where(g => g.Value.Length > 0).Select(g => $" · {g.Key} {g.Value}"));
        string question = record.Question.Length > SummaryCharacters ? $"{record.Question[..SummaryCharacters]}…" : record.Question;
        html.Append($"<details class=\"sample\">\n<summary>{Html.Escape($"{record.Id}{groups}: {score}")} ");
        html.Append($"<span class=\"small\">{Html.Escape(question)}</span></summary>\n");
        html.Append(Html.Facts(
        [
            ("question", record.Question),
            ("end of the prompt", record.PromptEnd.Length > 0 ? $"… {record.PromptEnd}" : ""),
            .. record.References.Select(r => ("right", r)),
            .. record.Earlier?.Select((e, i) => (Numbered("answer", i), e)) ?? [],
            ("answer", record.Failed ?? (record.Completion.Length > 0 ? record.Completion : "nothing")),
            .. record.Draws?.Select((d, i) => (Numbered("draw", i), $"{d.Completion} ({ReportText.Fixed(d.Score, 2)})")) ?? [],
            ("log-probabilities of the choices", string.Join(", ", record.Choices?.Select(c => ReportText.Fixed(c.LogProb, 3)) ?? [])),
            ("judge", record.Verdict ?? ""),
            .. record.Beside.Select(b => (b.Key, ReportText.Rounded(b.Value))),
            ("prompt tokens", record.PromptTokens?.ToString(CultureInfo.InvariantCulture) ?? ""),
            ("new tokens", record.NewTokens?.ToString(CultureInfo.InvariantCulture) ?? ""),
            ("stop reason", record.StopReason),
            ("cut", record.Cut ?? ""),
            ("SHA-256 of the prompt", record.PromptSha256),
        ]));
        html.Append(prompt).Append("</details>\n");
    }

    static string Numbered(string what, int number) => string.Create(CultureInfo.InvariantCulture, $"{what} {number + 1}");

    string NameOf(string address) => folders.Content().Evaluations.Find(e => e.Address == address)?.Name ?? address;

    string Folder(string address)
    {
        string folder = folders.Locate(address);
        return File.Exists(Path.Combine(folder, EvalFiles.ResultsName))
            ? folders.RequireOwn(folder)
            : throw new PageException(404, "This folder has no finished evaluation.");
    }

    EvalResults Read(string address)
    {
        string folder = Folder(address);
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(folder, EvalFiles.ResultsName));
        lock (_access)
        {
            if (!_open.TryGetValue(address, out (DateTime Written, EvalResults Results) open) || open.Written != written)
            {
                if (_open.Count >= MostOpen)
                {
                    _open.Clear();
                }
                open = _open[address] = (written, EvalFiles.ReadResults(folder));
            }
            return open.Results;
        }
    }
}
