using System.Globalization;
using System.Net;
using System.Text;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Engine;
using Farsight.Engine.Files;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Inspection;

/// <summary>Writes a preference dataset as one HTML file without scripts and external resources.</summary>
public static class DatasetPage
{
    /// <summary>Writes the page.</summary>
    /// <param name="dataset">The .jsonl file.</param>
    /// <param name="html">The file to write.</param>
    /// <param name="tokenizer">Tokenizer of the chunks; null shows each context in one piece, from the sample's own prompt.</param>
    /// <param name="samples">Maximum number of samples to show, evenly spaced.</param>
    /// <returns>The number of samples shown.</returns>
    /// <exception cref="InputException">The file is damaged or empty, or the tokenizer is another one.</exception>
    public static int Write(string dataset, string html, Tokenizer? tokenizer, int samples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        if (Path.GetFullPath(dataset) == Path.GetFullPath(html))
        {
            throw new InputException($"{html} is the dataset itself; choose another name for the page.");
        }
        DatasetCard card = DatasetCardFiles.Read(dataset, tokenizer);
        int shown = Math.Min(samples, card.Samples);
        HashSet<int> numbers = [.. Enumerable.Range(0, shown).Select(i => (int)((long)i * card.Samples / shown))];
        AtomicFile.WriteText(html, Page(card, PreferenceDataset.Stream(dataset).Where((_, i) => numbers.Contains(i)), tokenizer, shown));
        return shown;
    }

    /// <summary>Gets the style sheet, for pages that show samples.</summary>
    public static string Style => DatasetPageStyle.Css;

    /// <summary>Gets the explanation of the marks in samples, as HTML.</summary>
    /// <param name="hasTokenizer">Whether chunks are shown one by one.</param>
    public static string Marks(bool hasTokenizer) => hasTokenizer ? Legend : WithoutTokenizer;

    /// <summary>Returns a sample as HTML, for another page that includes it.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="tokenizer">Tokenizer of the chunks; null shows the context in one piece, from the sample's own prompt.</param>
    /// <exception cref="InputException">The tokenizer is another one.</exception>
    public static string Sample(PreferenceSample sample, Tokenizer? tokenizer) =>
        SampleHtml.Of(sample, tokenizer is null ? null : SampleTexts.Of(sample, tokenizer));

    static string Page(DatasetCard card, IEnumerable<PreferenceSample> samples, Tokenizer? tokenizer, int shown)
    {
        StringBuilder page = new($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Escape(card.Name)}</title>
            <style>
            {DatasetPageStyle.Css}
            </style>
            </head>
            <body>
            <main>
            <h1>{Escape(card.Name)}</h1>
            <p class="lead">{Number(card.Samples)} samples of {Number(card.Documents)} {(
                card.Documents == 1 ? "document" : "documents"
            )}, {shown} of them below. Responses by {Escape(string.Join("; ", card.Generators))}.</p>

            """);
        page.Append(Headlines(card)).Append(Marks(tokenizer is not null));
        foreach (PreferenceSample sample in samples)
        {
            page.Append(SampleHtml.Of(sample, tokenizer is null ? null : SampleTexts.Of(sample, tokenizer)));
        }
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    const string Legend = """
        <ul class="legend">
        <li><i class="relevant"></i>relevant chunk</li><li><i class="partial"></i>partial</li><li><i class="irrelevant"></i>irrelevant</li>
        <li><mark>shared</mark>with question and chosen response</li><li><u>fact</u>that was put in</li>
        """ + """
        <li><b class="missing">missing</b>a name or number that the context lacks</li>
        </ul>

        """;

    const string WithoutTokenizer =
        "<p class=\"note\">Contexts are shown in one piece and without sources of the responses. "
        + "To see both, pass the tokenizer of the model that made the dataset.</p>\n";

    static string Headlines(DatasetCard card)
    {
        StringBuilder text = new("<div class=\"headlines\">\n");
        void Add(string value, string label) =>
            text.Append(CultureInfo.InvariantCulture, $"<div><span>{Escape(value)}</span>{Escape(label)}</div>\n");
        Add(Number(card.ContextTokens.Median), "median context tokens");
        Add(Number(card.ContextChunks.Median), "chunks per context");
        foreach (
            (string kind, Synthesis.Quality.ErrorPatterns p) in card.Patterns ?? new Dictionary<string, Synthesis.Quality.ErrorPatterns>())
        {
            Add(
                p.Responses == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * p.Hallucinated / p.Responses:F0} %"),
                $"hallucinate: {kind.Replace('_', ' ')}");
        }
        foreach ((string reason, int count) in card.Faults ?? new Dictionary<string, int>())
        {
            Add(Number(count), reason.Replace('_', ' '));
        }
        foreach ((string verdict, int count) in card.Judged)
        {
            Add(Number(count), $"{verdict} by the judge");
        }
        return text.Append("</div>\n").ToString();
    }

    static string Number(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    internal static string Escape(string text) => WebUtility.HtmlEncode(VisibleText.Of(text));
}
