using System.Reflection;
using System.Text;
using Farsight.Alignment.Inspection;
using Farsight.Engine;
using Farsight.Evaluation.Report;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Farsight.Server.Dashboard;

/// <summary>Answers the paths of a dashboard.</summary>
sealed class DashboardPages : IDisposable
{
    // A report of a study is a whole page with its own styles; nothing in it runs.
    const string ReportPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'; sandbox";

    static readonly byte[] s_script = Encoding.UTF8.GetBytes(Asset("dashboard.js"));
    static readonly byte[] s_style = Encoding.UTF8.GetBytes($"{ReportWriter.Style}\n{SampleStyle()}\n{Asset("dashboard.css")}");

    readonly RunPages _runs;
    readonly DataPages _data;
    readonly EvaluationPages _evaluations;
    readonly Func<IReadOnlyList<string>>? _models;

    /// <summary>Opens the folders of a dashboard.</summary>
    /// <param name="options">What it shows.</param>
    /// <param name="models">Returns the names of the served models; null without a model server.</param>
    /// <exception cref="InputException">A folder does not exist.</exception>
    internal DashboardPages(DashboardOptions options, Func<IReadOnlyList<string>>? models)
    {
        ShownFolders folders = new(options.Folders);
        (_runs, _data, _evaluations) = (new(folders, options.AllowsStop), new(folders, options.Model), new(folders));
        _models = models;
    }

    /// <summary>Adds the paths to an application.</summary>
    internal void Map(IEndpointRouteBuilder app)
    {
        Get("/", http =>
        {
            http.Response.Redirect("/runs");
            return Task.CompletedTask;
        });
        Page("/runs", request => Task.FromResult(_runs.List(request)));
        Page("/run", request => Task.FromResult(_runs.One(request)));
        Page("/compare", request => Task.FromResult(_runs.Several(request)));
        Page("/data", request => Task.FromResult(_data.List(request)));
        Page("/dataset", _data.One);
        Page("/sample", _data.Sample);
        Page("/evaluations", request => Task.FromResult(_evaluations.List(request)));
        Page("/evaluation", request => Task.FromResult(_evaluations.One(request)));
        Page("/answers", request => Task.FromResult(_evaluations.Answers(request)));
        Page("/prompt", request => Task.FromResult(_evaluations.Prompt(request)));
        Get("/report", http =>
            File(http, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(_evaluations.Report(http.Request)), ReportPolicy));
        Get("/assets/dashboard.css", http => File(http, "text/css; charset=utf-8", s_style, "default-src 'none'"));
        Get("/assets/dashboard.js", http => File(http, "text/javascript; charset=utf-8", s_script, "default-src 'none'"));
        if (_models is { } models)
        {
            Page("/playground", _ => Task.FromResult(PlaygroundPage.Of(models(), _evaluations.RetrievalHeads())));
        }
        app.MapMethods("/run/stop", [HttpMethods.Post], http => Safely(http, () => Stop(http)));

        void Page(string path, Func<HttpRequest, Task<HtmlPage>> page) =>
            Get(path, async http =>
            {
                HtmlPage shown = await page(http.Request).ConfigureAwait(false);
                await shown.Write(http, HasPlayground).ConfigureAwait(false);
            });

        void Get(string path, Func<HttpContext, Task> answer) =>
            app.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], http => Safely(http, () => answer(http)));
    }

    /// <inheritdoc/>
    public void Dispose() => _data.Dispose();

    bool HasPlayground => _models is not null;

    /// <summary>Answers a request, and shows why a page cannot be shown.</summary>
    async Task Safely(HttpContext http, Func<Task> answer)
    {
        try
        {
            await answer().ConfigureAwait(false);
        }
        catch (Exception e) when (!http.Response.HasStarted && Known(e) is { } known)
        {
            http.Response.StatusCode = known.Status;
            HtmlPage page = new("Not shown", "", $"<p class=\"problem\">{Html.Escape(known.Message)}</p>\n") { Section = "" };
            await page.Write(http, HasPlayground).ConfigureAwait(false);
        }
    }

    static (int Status, string Message)? Known(Exception exception) => exception switch
    {
        PageException e => (e.Status, e.Message),
        InputException e => (422, e.Message),
        IOException or UnauthorizedAccessException or InvalidDataException =>
            (422, "A file cannot be read; it was removed or is damaged, or this user may not read it."),
        _ => null,
    };

    async Task Stop(HttpContext http)
    {
        RequireOwnPage(http.Request);
        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted).ConfigureAwait(false);
        string address = form["path"].ToString();
        _runs.Stop(address);
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = $"/run?path={Uri.EscapeDataString(address)}";
    }

    /// <summary>Refuses requests that another site lets a browser send, and forms that are not this page's.</summary>
    static void RequireOwnPage(HttpRequest request)
    {
        const int MostBytes = 8192;
        string site = request.Headers["Sec-Fetch-Site"].ToString(), origin = request.Headers.Origin.ToString();
        bool isOwn = site.Length > 0 ? site == "same-origin" : origin == $"{request.Scheme}://{request.Host}";
        if (!isOwn)
        {
            throw new PageException(403, "Only a page of this dashboard can stop a run.");
        }
        if (request.ContentLength is null or > MostBytes || !request.HasFormContentType)
        {
            throw new PageException(400, "The request is not a form of this dashboard.");
        }
    }

    static async Task File(HttpContext http, string type, byte[] bytes, string policy)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = bytes.Length;
        HtmlPage.Protect(http.Response, policy);
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the rules of samples, within the parts of a page that show samples: both sheets style headings.</summary>
    static string SampleStyle() => $".dataset {{\n{DatasetPage.Style.Replace(":root", "&", StringComparison.Ordinal)}\n}}";

    static string Asset(string name)
    {
        using Stream file = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Farsight.Server.Dashboard.Assets.{name}")!;
        using StreamReader reader = new(file);
        return reader.ReadToEnd();
    }
}
