using System.Globalization;
using System.Text;
using Farsight.Evaluation.Report;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Dashboard;

/// <summary>Provides the pieces of HTML that several pages share. Every text is escaped here or by the caller's use of Escape.</summary>
static class Html
{
    internal const int PageSize = 50;

    internal static string Escape(string text) => ReportText.Escape(text);

    /// <summary>Returns a link to a page about an address.</summary>
    internal static string Link(string page, string address, string text) =>
        $"<a href=\"{page}?path={Uri.EscapeDataString(address)}\">{Escape(text)}</a>";

    /// <summary>Returns a box that marks an item for a comparison.</summary>
    internal static string Mark(string name, FoundItem item) =>
        $"<input type=\"checkbox\" name=\"{name}\" value=\"{Escape(item.Address)}\" aria-label=\"Compare {Escape(item.Name)}\">";

    /// <summary>Returns a note.</summary>
    internal static string Note(string text) => $"<p class=\"note\">{Escape(text)}</p>\n";

    /// <summary>Returns a list of names and values.</summary>
    internal static string Facts(IEnumerable<(string Name, string Value)> facts)
    {
        StringBuilder html = new("<dl>\n");
        foreach ((string name, string value) in facts.Where(f => f.Value.Length > 0))
        {
            html.Append($"<dt>{Escape(name)}</dt><dd>{Escape(value)}</dd>\n");
        }
        return html.Append("</dl>\n").ToString();
    }

    /// <summary>Returns a labeled choice.</summary>
    internal static string Choice(string name, string label, string? value, params (string Value, string Text)[] options)
    {
        StringBuilder html = new($"<label>{Escape(label)} <select name=\"{name}\">");
        foreach ((string own, string text) in options)
        {
            html.Append($"<option value=\"{Escape(own)}\"{(own == (value ?? "") ? " selected" : "")}>{Escape(text)}</option>");
        }
        return html.Append("</select></label>\n").ToString();
    }

    /// <summary>Returns a labeled field.</summary>
    internal static string Field(string name, string label, string? value, string type = "search") =>
        $"<label>{Escape(label)} <input type=\"{type}\" name=\"{name}\" value=\"{Escape(value ?? "")}\"></label>\n";

    /// <summary>Returns a form whose fields become the query of its page.</summary>
    internal static string Form(string page, IEnumerable<(string Name, string Value)> kept, string fields, string button) =>
        $"<form class=\"fields\" action=\"{page}\" method=\"get\">\n"
            + string.Concat(kept.Select(k => $"<input type=\"hidden\" name=\"{k.Name}\" value=\"{Escape(k.Value)}\">"))
            + $"{fields}<button type=\"submit\">{Escape(button)}</button>\n</form>\n";

    /// <summary>Returns a table whose cells are HTML; the first of a row is its heading.</summary>
    internal static string Table(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        StringBuilder html = new();
        html.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Escape(caption)}\">\n<table class=\"list\">\n");
        html.Append("<thead><tr>").AppendJoin("", columns.Select(c => $"<th scope=\"col\">{Escape(c)}</th>"));
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<string> row in rows)
        {
            html.Append($"<tr><th scope=\"row\">{row[0]}</th>").AppendJoin("", row.Skip(1).Select(c => $"<td>{c}</td>")).Append("</tr>\n");
        }
        return html.Append("</tbody>\n</table></div>\n").ToString();
    }

    /// <summary>Returns the number of the page in a request, from 1.</summary>
    internal static int PageOf(HttpRequest request, int items) =>
        Math.Clamp(
            int.TryParse(request.Query["page"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int page) ? page : 1,
            1,
            Math.Max(1, (items + PageSize - 1) / PageSize));

    /// <summary>Returns the links to the pages before and after; empty if there is one page.</summary>
    internal static string Pager(HttpRequest request, int page, int items)
    {
        int pages = (items + PageSize - 1) / PageSize;
        if (pages <= 1)
        {
            return "";
        }
        string numbers = string.Create(CultureInfo.InvariantCulture, $"Page {page} of {pages}, {items} in total");
        return "<nav class=\"pager\" aria-label=\"Pages\">"
            + (page > 1 ? $"<a rel=\"prev\" href=\"{WithPage(request, page - 1)}\">Previous</a> " : "")
            + $"<span>{numbers}</span>"
            + (page < pages ? $" <a rel=\"next\" href=\"{WithPage(request, page + 1)}\">Next</a>" : "") + "</nav>\n";
    }

    /// <summary>Returns the address of the request with another value in its query.</summary>
    static string WithPage(HttpRequest request, int page)
    {
        IEnumerable<KeyValuePair<string, string?>> kept =
            from field in request.Query
            where field.Key is not ("page" or "part")
            from value in field.Value
            select KeyValuePair.Create(field.Key, value);
        return Escape(request.Path + QueryString.Create(kept.Append(new("page", page.ToString(CultureInfo.InvariantCulture)))));
    }
}
