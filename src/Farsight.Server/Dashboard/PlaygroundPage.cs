namespace Farsight.Server.Dashboard;

/// <summary>Shows the form that asks two models the same question; its script reads the answers from the /v1 paths of the server.</summary>
static class PlaygroundPage
{
    const int Sides = 2;

    /// <summary>Returns the page.</summary>
    /// <param name="models">Names of the served models.</param>
    /// <param name="heads">Retrieval heads of evaluations, by the evaluation's name: "1-3 0-2".</param>
    internal static HtmlPage Of(IReadOnlyList<string> models, IReadOnlyList<(string Name, string Heads)> heads) => new(
        "Playground",
        "One document, one question, two models side by side. The server keeps the document's keys and values.",
        Form(models, heads))
    {
        Section = "/playground",
    };

    static string Form(IReadOnlyList<string> models, IReadOnlyList<(string Name, string Heads)> heads) =>
        "<form id=\"playground\" class=\"play\">\n"
            + "<label class=\"wide\">Document <textarea name=\"document\" rows=\"10\"></textarea></label>\n"
            + "<label class=\"wide\">Question <textarea name=\"question\" rows=\"2\" required></textarea></label>\n"
            + "<div class=\"fields\">\n"
            + "<label>Maximum tokens <input type=\"number\" name=\"tokens\" value=\"128\" min=\"1\" max=\"4096\"></label>\n"
            + "<label>Temperature <input type=\"number\" name=\"temperature\" value=\"0\" min=\"0\" max=\"2\" step=\"0.1\"></label>\n"
            + Html.Choice("heads", "Heads", "", [("", "All heads"), .. heads.Select(h => (h.Heads, $"Retrieval heads of {h.Name}"))])
            + "<button type=\"submit\">Ask</button> <button type=\"button\" name=\"stop\" disabled>Stop</button>\n</div>\n"
            + $"<div class=\"sides\">\n{string.Concat(Enumerable.Range(0, Sides).Select(i => Side(models, i)))}</div>\n</form>\n"
            + Html.Note("Select a token with the mouse or, in an answer, with the arrow keys to see its log-probability and alternatives. "
                + "Press Enter, or click the token, to see where the attention heads looked as it was chosen.")
            + "<noscript><p class=\"problem\">The playground needs scripts.</p></noscript>\n";

    static string Side(IReadOnlyList<string> models, int side)
    {
        string letter = side == 0 ? "A" : "B";
        string chosen = models[Math.Min(side, models.Count - 1)];
        return $"<section class=\"side\" data-side aria-label=\"Answer {letter}\">\n"
            + Html.Choice("model", $"Model {letter}", chosen, [.. models.Select(m => (m, m))])
            + $"<p class=\"tokens answer\" tabindex=\"0\" role=\"group\" aria-label=\"Tokens of answer {letter}\"></p>\n"
            + "<p class=\"small\" data-token role=\"status\"></p>\n<p class=\"small\" data-usage></p>\n"
            + $"<div data-heads role=\"region\" aria-label=\"Heads at the selected token of answer {letter}\" aria-live=\"polite\"></div>\n"
            + "</section>\n";
    }
}
