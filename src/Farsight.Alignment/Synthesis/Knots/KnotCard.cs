using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Synthesis.Knots;

/// <summary>Writes the card of tied sequences: FILE.card.md for people and FILE.card.json for programs, beside FILE.</summary>
public static class KnotCard
{
    internal const string Method = "knots";

    static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Tells whether a file has tied sequences by its summary, in place of samples.</summary>
    /// <exception cref="InputException">The summary is damaged.</exception>
    public static bool Describes(string file) =>
        DatasetCardFiles.Summary(file + ".summary.json")?["settings"] is JsonObject settings && (string?)settings["method"] == Method;

    /// <summary>Writes the card of a file with its summary.</summary>
    /// <returns>The card as JSON.</returns>
    public static JsonObject Write(string file)
    {
        JsonObject summary = DatasetCardFiles.Summary(file + ".summary.json")!.AsObject();
        JsonObject card = new()
        {
            ["name"] = Path.GetFileName(file),
            ["sha256"] = InputHash.OfFile(file),
            ["bytes"] = new FileInfo(file).Length,
            ["synthesis"] = summary,
        };
        AtomicFile.WriteText(file + ".card.json", card.ToJsonString(s_json) + "\n");
        AtomicFile.WriteText(file + ".card.md", Markdown(card));
        return card;
    }

    internal static void WriteSummary(string file, JsonObject summary) =>
        AtomicFile.WriteText(file + ".summary.json", summary.ToJsonString(s_json) + "\n");

    static string Markdown(JsonObject card)
    {
        JsonNode summary = card["synthesis"]!, counts = summary["counts"]!;
        StringBuilder text = new();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# {card["name"]}\n");
        Line($"Texts for continued pre-training (Untie the Knots): {counts["sequences"]} sequences, {counts["tied"]} of them tied.");
        Line($"A line has the text, the names of its documents, and in unlearned the ranges of marks and names.\n");
        Line($"| | |\n|---|---|");
        Line($"| SHA-256 | `{card["sha256"]}` |");
        Line($"| bytes | {card["bytes"]} |");
        Line($"| documents | {summary["documents"]!["kept"]} |");
        Line($"| characters cut off at the length | {counts["cut_characters"]} |");
        Line($"| license | that of the documents; state it before you publish the data |");
        Line($"\n## How it was made\n");
        foreach ((string key, JsonNode? value) in summary["settings"]!.AsObject())
        {
            Line($"- {key.Replace('_', ' ')}: {value?.ToString() ?? "none"}");
        }
        return text.ToString();
    }
}
