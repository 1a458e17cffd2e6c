namespace Farsight.Server.Dashboard;

/// <summary>Shows the form that asks two models the same question; its script reads the answers from the /v1 paths of the server.</summary>
static class PlaygroundPage
{
    const int Sides = 2;

    internal static HtmlPage Of(IReadOnlyList<string> models) => new(
        "Playground", "One document, one question, two models side by side. The server keeps the document's keys and values.", Form(models))
    {
        Section = "/playground",
    };

    static string Form(IReadOnlyList<string> models) =>
        "<form id=\"playground\" class=\"play\">\n"
            + "<label class=\"wide\">Document <textarea name=\"document\" rows=\"10\"></textarea></label>\n"
            + "<label class=\"wide\">Question <textarea name=\"question\" rows=\"2\" required></textarea></label>\n"
            + "<div class=\"fields\">\n"
            + "<label>Maximum tokens <input type=\"number\" name=\"tokens\" value=\"128\" min=\"1\" max=\"4096\"></label>\n"
            + "<label>Temperature <input type=\"number\" name=\"temperature\" value=\"0\" min=\"0\" max=\"2\" step=\"0.1\"></label>\n"
            + "<button type=\"submit\">Ask</button> <button type=\"button\" name=\"stop\" disabled>Stop</button>\n</div>\n"
            + $"<div class=\"sides\">\n{string.Concat(Enumerable.Range(0, Sides).Select(i => Side(models, i)))}</div>\n</form>\n"
            + Html.Note("Select a token with the mouse or, in an answer, with the arrow keys to see its log-probability and alternatives.")
            + "<noscript><p class=\"problem\">The playground needs scripts.</p></noscript>\n";

    static string Side(IReadOnlyList<string> models, int side)
    {
        string letter = side == 0 ? "A" : "B";
        string chosen = models[Math.Min(side, models.Count - 1)];
        return $"<section class=\"side\" data-side aria-label=\"Answer {letter}\">\n"
            + Html.Choice("model", $"Model {letter}", chosen, [.. models.Select(m => (m, m))])
            + $"<p class=\"tokens answer\" tabindex=\"0\" role=\"group\" aria-label=\"Tokens of answer {letter}\"></p>\n"
            + "<p class=\"small\" data-token role=\"status\"></p>\n<p class=\"small\" data-usage></p>\n</section>\n";
    }
}
