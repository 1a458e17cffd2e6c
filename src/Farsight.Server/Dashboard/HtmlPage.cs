using System.Text;
using Farsight.Evaluation.Report;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Dashboard;

/// <summary>Represents a page of the dashboard: the frame with the navigation, and a body.</summary>
/// <param name="Title">The heading, as plain text.</param>
/// <param name="Lead">The sentence below it, as plain text.</param>
/// <param name="Body">HTML below the heading.</param>
sealed record HtmlPage(string Title, string Lead, string Body)
{
    const string Updates = "<p class=\"live\"><button type=\"button\" id=\"pause\" hidden>Pause updates</button> "
        + "<span id=\"status\" role=\"status\"></span></p>\n";

    // Only files of this server are loaded, and scripts and styles only as files.
    const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>Gets the section of the navigation: "/runs".</summary>
    internal required string Section { get; init; }

    /// <summary>Gets whether the body changes by itself and is loaded again every few seconds.</summary>
    internal bool IsLive { get; init; }

    /// <summary>Gets whether parts of the body are colored or sized by style attributes, none of which has text from outside.</summary>
    internal bool HasStyleAttributes { get; init; }

    /// <summary>Gets HTML between heading and body that does not change by itself: forms.</summary>
    internal string Controls { get; init; } = "";

    /// <summary>Writes the page, or its body alone to a page that is open already.</summary>
    internal async Task Write(HttpContext http, bool hasPlayground)
    {
        bool isPart = http.Request.Query.ContainsKey("part");
        byte[] bytes = Encoding.UTF8.GetBytes(isPart ? Body : Whole(hasPlayground));
        http.Response.ContentType = "text/html; charset=utf-8";
        Protect(http.Response, HasStyleAttributes ? $"{Policy}; style-src-attr 'unsafe-inline'" : Policy);
        if (isPart)
        {
            string tag = $"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..16]}\"";
            http.Response.Headers.ETag = tag;
            if (http.Request.Headers.IfNoneMatch == tag)
            {
                http.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }
        http.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Sets the headers that keep a page to itself.</summary>
    internal static void Protect(HttpResponse response, string policy)
    {
        response.Headers.ContentSecurityPolicy = policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = "no-store";
    }

    string Whole(bool hasPlayground)
    {
        string title = ReportText.Escape(Title);
        (string Path, string Name)[] sections =
        [
            ("/runs", "Runs"),
            ("/data", "Data"),
            ("/evaluations", "Evaluations"),
            .. hasPlayground ? [("/playground", "Playground")] : s_none,
        ];
        StringBuilder page = new();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append($"<title>{title} – Farsight</title>\n<link rel=\"icon\" href=\"data:,\">\n");
        page.Append("<link rel=\"stylesheet\" href=\"/assets/dashboard.css\">\n");
        page.Append("<script src=\"/assets/dashboard.js\" defer></script>\n</head>\n");
        page.Append("<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n");
        page.Append("<header class=\"bar\"><span class=\"brand\">Farsight</span>");
        page.Append("<nav aria-label=\"Sections\"><ul>");
        foreach ((string path, string name) in sections)
        {
            string current = path == Section ? " aria-current=\"page\"" : "";
            page.Append($"<li><a href=\"{path}\"{current}>{name}</a></li>");
        }
        page.Append($"</ul></nav></header>\n<main id=\"main\" tabindex=\"-1\">\n<h1>{title}</h1>\n");
        page.Append(Lead.Length > 0 ? $"<p class=\"lead\">{ReportText.Escape(Lead)}</p>\n" : "").Append(Controls);
        page.Append(IsLive ? Updates : "");
        page.Append($"<div id=\"body\"{(IsLive ? " data-live" : "")}>\n{Body}</div>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    static readonly (string, string)[] s_none = [];
}
