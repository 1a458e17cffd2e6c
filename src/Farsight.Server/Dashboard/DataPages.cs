using System.Globalization;
using System.Text;
using Farsight.Alignment.Data;
using Farsight.Alignment.Inspection;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Engine;
using Farsight.Evaluation.Report;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;
using Farsight.Workflows.Reports;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Dashboard;

/// <summary>Shows preference datasets: the list, a dataset with its card and filters, and one sample.</summary>
/// <param name="folders">The shown folders.</param>
/// <param name="model">Model whose tokenizer decodes the chunks; null for that of the run that was trained on the dataset.</param>
sealed class DataPages(ShownFolders folders, string? model) : IDisposable
{
    const int MostOpen = 4;

    // A small dataset is shown whole; a large one as far as it is indexed, and the page follows.
    static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(400);

    readonly Lock _access = new();
    readonly Dictionary<string, (DateTime Written, long Length, DatasetIndex Index)> _open = [];
    readonly Dictionary<string, ChatFormat?> _formats = [];

    /// <summary>Returns the list of datasets.</summary>
    internal HtmlPage List(HttpRequest request)
    {
        FolderContent content = folders.Content();
        int count = content.Datasets.Count, page = Html.PageOf(request, count);
        string body = count == 0 ? Html.Note("The shown folders have no preference dataset yet.") : Html.Table(
            "Datasets",
            ["Dataset", "Size", "Written (UTC)"],
            content.Datasets.Skip((page - 1) * Html.PageSize).Take(Html.PageSize).Select(d => (IReadOnlyList<string>)
            [
                Html.Link("/dataset", d.Address, d.Name),
                ReportText.Bytes(new FileInfo(folders.Locate(d.Address)).Length),
                d.Written.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ])) + Html.Pager(request, page, count);
        return new("Data", RunPages.Count(count, "preference dataset"), RunPages.Cut(content) + body) { Section = "/data" };
    }

    /// <summary>Returns the page of a dataset.</summary>
    internal async Task<HtmlPage> One(HttpRequest request)
    {
        string address = request.Query["path"].ToString();
        DatasetIndex index = Index(address);
        await Task.WhenAny(index.Work, Task.Delay(s_patience)).ConfigureAwait(false);
        IReadOnlyList<IndexedSample> all = index.Samples;
        SampleFilter filter = SampleFilter.Of(request.Query);
        IndexedSample[] shown = [.. all.Where(filter.Has)];
        int page = Html.PageOf(request, shown.Length);
        bool isWhole = index.Work.IsCompleted;
        StringBuilder body = new();
        body.Append(index.Problem is { } problem ? $"<p class=\"problem\">{Html.Escape(problem)}</p>\n" : "");
        body.Append(isWhole ? "" : Html.Note(string.Create(CultureInfo.InvariantCulture, $"Reading: {all.Count:N0} samples so far.")));
        body.Append(index.Card is { } card ? DatasetParts.Card(card) : "").Append(DatasetParts.Histograms(all));
        body.Append($"<h2>Samples</h2>\n{Html.Note(RunPages.Count(shown.Length, "sample") + (filter.IsEmpty ? "" : " with this filter"))}");
        body.Append(Samples(address, shown.Skip((page - 1) * Html.PageSize).Take(Html.PageSize)));
        body.Append(Html.Pager(request, page, shown.Length));
        return new(NameOf(address), "Preference dataset", body.ToString())
        {
            Section = "/data",
            IsLive = !isWhole,
            Controls = Html.Form("/dataset", [("path", address)], filter.Fields(all), "Filter"),
        };
    }

    /// <summary>Returns the page of a sample.</summary>
    internal async Task<HtmlPage> Sample(HttpRequest request)
    {
        string address = request.Query["path"].ToString();
        DatasetIndex index = Index(address);
        int number = int.TryParse(request.Query["n"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0;
        while (index.Samples.Count < number && !index.Work.IsCompleted)
        {
            await Task.WhenAny(index.Work, Task.Delay(s_patience, request.HttpContext.RequestAborted)).ConfigureAwait(false);
        }
        IReadOnlyList<IndexedSample> all = index.Samples;
        if (number < 1 || number > all.Count)
        {
            throw new PageException(404, index.Problem ?? $"The dataset has {all.Count} samples; there is no number {number}.");
        }
        PreferenceSample sample = index.Read(all[number - 1]);
        IReadOnlyList<(TrainedOn On, string Name)> runs = RunsOn(index.Path);
        ChatFormat? format = Format(model ?? (runs is [var first, ..] ? first.On.BaseModel : null));
        string? misfit = format is null ? null : Misfit(sample, format.Tokenizer);
        SampleParts parts = new(sample, misfit is null ? format : null, runs);
        string body = (misfit is null ? "" : Html.Note(misfit))
            + (format is null ? Html.Note("Start the dashboard with a model to see chunks, tokens and positions.") : "")
            + parts.Body(request.Query);
        return new($"Sample {number}", $"{NameOf(address)}, id {sample.Id}", body)
        {
            Section = "/data",
            HasStyleAttributes = true,
            Controls = Neighbors(address, number, all.Count, index.Work.IsCompleted) + parts.Controls(request.Query, address, number),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_access)
        {
            foreach ((_, _, DatasetIndex index) in _open.Values)
            {
                index.Dispose();
            }
            _open.Clear();
        }
    }

    static string Samples(string address, IEnumerable<IndexedSample> samples) => Html.Table(
        "Samples",
        ["Number", "Question", "Id", "Tokens", "Chunks", "Questions", "Rejected", "Origin", "Judge"],
        samples.Select(s => (IReadOnlyList<string>)
        [
            $"<a href=\"{SampleAddress(address, s.Number + 1)}\">{Whole(s.Number + 1)}</a>",
            $"<span class=\"text\">{Html.Escape(s.Question)}</span>",
            $"<span class=\"text\">{Html.Escape(s.Id)}</span>",
            Whole(s.Tokens),
            Whole(s.Chunks),
            Whole(s.Questions),
            Whole(s.Rejected),
            s.Origin,
            s.Judge,
        ]));

    static string Neighbors(string address, int number, int count, bool isWhole)
    {
        string before = number > 1 ? $"<a rel=\"prev\" href=\"{SampleAddress(address, number - 1)}\">Previous</a> " : "";
        string after = number < count ? $" <a rel=\"next\" href=\"{SampleAddress(address, number + 1)}\">Next</a>" : "";
        return $"<nav class=\"pager\" aria-label=\"Samples\">{Html.Link("/dataset", address, "All samples")} {before}"
            + $"<span>{Whole(number)} of {Whole(count)}{(isWhole ? "" : " so far")}</span>{after}</nav>\n";
    }

    static string SampleAddress(string address, int number) => $"/sample?path={Uri.EscapeDataString(address)}&amp;n={Whole(number)}";

    static string Whole(int number) => number.ToString(CultureInfo.InvariantCulture);

    static string? Misfit(PreferenceSample sample, Tokenizer tokenizer)
    {
        try
        {
            DatasetPage.Sample(sample, tokenizer);
            return null;
        }
        catch (InputException e)
        {
            return e.Message;
        }
    }

    string NameOf(string address) => folders.Content().Datasets.Find(d => d.Address == address)?.Name ?? address;

    /// <summary>Returns the runs that were trained on a dataset.</summary>
    List<(TrainedOn On, string Name)> RunsOn(string dataset)
    {
        List<(TrainedOn, string)> found = [];
        foreach (FoundItem run in folders.Content().Runs)
        {
            string folder = folders.Locate(run.Address);
            if (folders.StrangerIn(folder) is null && TrainedOn.Read(folder) is { } trained && Path.GetFullPath(trained.Data) == dataset)
            {
                found.Add((trained, run.Name));
            }
        }
        return found;
    }

    /// <summary>Opens tokenizer and chat format of a model; null if there is none, or if they cannot be read.</summary>
    ChatFormat? Format(string? directory)
    {
        if (directory is null)
        {
            return null;
        }
        lock (_access)
        {
            if (!_formats.TryGetValue(directory, out ChatFormat? format))
            {
                try
                {
                    format = ChatFormat.Load(directory, Tokenizer.Load(directory));
                }
                catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
                {
                    format = null;
                }
                _formats[directory] = format;
            }
            return format;
        }
    }

    DatasetIndex Index(string address)
    {
        string path = folders.Locate(address);
        if (!folders.Content().Datasets.Any(d => d.Address == address))
        {
            throw new PageException(404, "This file is not a preference dataset.");
        }
        FileInfo file = new(path);
        lock (_access)
        {
            if (_open.TryGetValue(path, out (DateTime Written, long Length, DatasetIndex Index) open)
                && (open.Written, open.Length) == (file.LastWriteTimeUtc, file.Length))
            {
                return open.Index;
            }
            if (_open.Remove(path))
            {
                open.Index.Dispose();
            }
            else if (_open.Count >= MostOpen)
            {
                string oldest = _open.Keys.First();
                _open[oldest].Index.Dispose();
                _open.Remove(oldest);
            }
            _open[path] = (file.LastWriteTimeUtc, file.Length, DatasetIndex.Open(path));
            return _open[path].Index;
        }
    }
}

/// <summary>Represents the filter of a list of samples.</summary>
/// <param name="Find">Text in question or id; empty for all.</param>
/// <param name="Least">Minimum tokens of the context.</param>
/// <param name="Most">Maximum tokens of the context.</param>
/// <param name="Origin">Origin of the question; empty for all.</param>
/// <param name="Judge">Verdict of the judge; empty for all.</param>
sealed record SampleFilter(string Find, int? Least, int? Most, string Origin, string Judge)
{
    internal bool IsEmpty => this == new SampleFilter("", null, null, "", "");

    internal static SampleFilter Of(IQueryCollection query) => new(
        query["find"].ToString(), Number(query["least"]), Number(query["most"]), query["origin"].ToString(), query["judge"].ToString());

    internal bool Has(IndexedSample sample) =>
        (Find.Length == 0 || sample.Question.Contains(Find, StringComparison.OrdinalIgnoreCase)
            || sample.Id.Contains(Find, StringComparison.OrdinalIgnoreCase))
        && (Least is null || sample.Tokens >= Least) && (Most is null || sample.Tokens <= Most)
        && (Origin.Length == 0 || sample.Origin == Origin) && (Judge.Length == 0 || sample.Judge == Judge);

    internal string Fields(IReadOnlyList<IndexedSample> samples) =>
        Html.Field("find", "Question or id", Find)
            + Html.Field("least", "Tokens from", Least?.ToString(CultureInfo.InvariantCulture), "number")
            + Html.Field("most", "to", Most?.ToString(CultureInfo.InvariantCulture), "number")
            + Values("origin", "Origin", Origin, samples.Select(s => s.Origin))
            + Values("judge", "Judge", Judge, samples.Select(s => s.Judge));

    static string Values(string name, string label, string value, IEnumerable<string> all) =>
        all.Distinct().Order(StringComparer.Ordinal).ToArray() is { Length: > 1 } known
            ? Html.Choice(name, label, value, [("", "all"), .. known.Select(k => (k, k))])
            : "";

    static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
