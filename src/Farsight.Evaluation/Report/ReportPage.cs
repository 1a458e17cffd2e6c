using System.Globalization;
using System.Text;

namespace Farsight.Evaluation.Report;

/// <summary>Builds a page section by section, with a table of contents before the first of them.</summary>
sealed class ReportPage
{
    /// <summary>Number of lines that include the one with the subject.</summary>
    internal const int HeadLines = 8;

    // A page with fewer sections needs no list of them.
    const int LeastListed = 3;

    readonly List<string> _titles = [];

    /// <summary>Gets the text of the sections.</summary>
    internal StringBuilder Text { get; } = new();

    /// <summary>Returns the line that names the subject of a report.</summary>
    internal static string SubjectLine(string subject) => $"<meta name=\"subject\" content=\"{ReportText.Escape(subject)}\">";

    /// <summary>Begins a section, which is listed in the table of contents.</summary>
    internal void Begin(string title, string note = "", string style = "")
    {
        Text.Append($"<section id=\"{Next(title)}\"{(style.Length > 0 ? $" class=\"{style}\"" : "")}>\n");
        Text.Append($"<h2>{ReportText.Escape(title)}</h2>\n{Note(note)}");
    }

    internal void End() => Text.Append("</section>\n");

    /// <summary>Begins a section that the reader can fold.</summary>
    internal void BeginFolded(string title, string note, bool isOpen)
    {
        Text.Append($"<section>\n<details class=\"task\" id=\"{Next(title)}\"{(isOpen ? " open" : "")}>\n");
        Text.Append($"<summary><h2>{ReportText.Escape(title)}</h2></summary>\n{Note(note)}");
    }

    internal void EndFolded() => Text.Append("</details>\n</section>\n");

    /// <summary>Returns the page.</summary>
    /// <param name="title">The title.</param>
    /// <param name="lead">Sentences under the title.</param>
    /// <param name="subject">The subject; empty for none.</param>
    /// <param name="head">HTML before the table of contents.</param>
    internal string Whole(string title, string lead, string subject, string head)
    {
        string name = ReportText.Escape(title);
        StringBuilder page = new();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Append(subject.Length > 0 ? $"{SubjectLine(subject)}\n" : "");
        page.Append($"<title>{name}</title>\n<style>\n{ReportStyle.Css}\n</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{name}</h1>\n");
        page.Append($"<p class=\"lead\">{ReportText.Escape(lead)}</p>\n</header>\n{Body(head)}");
        return page.Append("</main>\n</body>\n</html>\n").Replace("\r\n", "\n").ToString();
    }

    /// <summary>Returns what follows the heading: some HTML, the table of contents, and the sections.</summary>
    internal string Body(string head)
    {
        StringBuilder body = new(head);
        if (_titles.Count >= LeastListed)
        {
            body.Append("<nav aria-label=\"Contents\">\n<ul>\n");
            body.AppendJoin("", _titles.Select((t, i) => $"<li><a href=\"#{Anchor(i)}\">{ReportText.Escape(t)}</a></li>\n"));
            body.Append("</ul>\n</nav>\n");
        }
        return body.Append(Text).ToString();
    }

    string Next(string title)
    {
        _titles.Add(title);
        return Anchor(_titles.Count - 1);
    }

    static string Anchor(int section) => string.Create(CultureInfo.InvariantCulture, $"part-{section + 1}");

    static string Note(string note) => note.Length > 0 ? $"<p class=\"note\">{ReportText.Escape(note)}</p>\n" : "";
}
