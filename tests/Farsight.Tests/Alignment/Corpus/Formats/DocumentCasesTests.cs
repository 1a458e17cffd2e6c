using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus.Formats;

/// <summary>Reads the document cases of the shared material, whose README explains the expectations.</summary>
public sealed partial class DocumentCasesTests
{
    const string Cases = "cases-documents/cases.json";

    [SharedFact(Cases)]
    public void The_pdf_cases_yield_the_expected_text_or_a_reason()
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(SharedMaterial.PathOf(Cases)));
        JsonElement[] pdf = [.. cases.RootElement.EnumerateArray().Where(c => c.GetProperty("kind").GetString() == "pdf")];

        string[] wrong = [.. pdf.SelectMany(c => Wrong(c).Select(w => $"{c.GetProperty("file")}: {w}"))];

        Assert.NotEmpty(pdf);
        Assert.Empty(wrong);
    }

    static IEnumerable<string> Wrong(JsonElement @case)
    {
        JsonElement expect = @case.GetProperty("expect");
        string name = @case.GetProperty("file").GetString()!;
        bool mayRead = expect.GetProperty("refused").ValueKind != JsonValueKind.True;
        bool mayRefuse = expect.GetProperty("refused").ValueKind != JsonValueKind.False;
        string text;
        try
        {
            using FileStream file = File.OpenRead(SharedMaterial.PathOf($"cases-documents/{name}"));
            text = Fold(FormatReaders.OfName(name)!.Read(file, new()).Text);
        }
        catch (InputException e)
        {
            bool isAbout = Regex.IsMatch(e.Message, Text(expect, "message_about"), RegexOptions.IgnoreCase);
            return mayRefuse && isAbout ? [] : [$"refused: {e.Message}"];
        }
        int at = 0;
        return
        [
            .. mayRead ? Array.Empty<string>() : ["not refused"],
            .. List(expect, "contains").Where(s => !Has(text, s)).Select(s => $"missing: {s}"),
            .. List(expect, "not_contains").Where(s => Has(text, s)).Select(s => $"unwanted: {s}"),
            .. List(expect, "once").Where(s => text.Split(Fold(s)).Length != 2).Select(s => $"not once: {s}"),
            .. List(expect, "order").Where(s => (at = text.IndexOf(Fold(s), Math.Max(at, 0), StringComparison.Ordinal)) < 0)
                .Select(s => $"out of order: {s}"),
        ];
    }

    static bool Has(string text, string part) => text.Contains(part.Length == 1 ? part : Fold(part), StringComparison.Ordinal);

    static string Fold(string text) => Spaces().Replace(text, " ").Trim();

    static string Text(JsonElement expect, string key) => expect.TryGetProperty(key, out JsonElement value) ? value.GetString()! : "";

    static string[] List(JsonElement expect, string key) =>
        expect.TryGetProperty(key, out JsonElement values) ? [.. values.EnumerateArray().Select(v => v.GetString()!)] : [];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
