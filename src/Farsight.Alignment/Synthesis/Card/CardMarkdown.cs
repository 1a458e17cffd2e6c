using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Alignment.Synthesis.Card;

/// <summary>Formats a card as Markdown.</summary>
static class CardMarkdown
{
    internal static string Of(DatasetCard card)
    {
        StringBuilder text = new();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# {card.Name}\n");
        Line($"Preference data for long contexts: {card.Samples} samples.");
        Line($"Each has a context in chunks, a question, one chosen response and {Rejected(card)}.\n");
        Line($"| | |\n|---|---|");
        Line($"| SHA-256 | `{card.Sha256}` |");
        Line($"| bytes | {card.Bytes} |");
        Line($"| documents | {card.Documents} |");
        Line($"| responses by | {string.Join("; ", card.Generators)} |");
        Line($"| seed | {string.Join(", ", card.Seeds)} |");
        Line($"| questions about inserted facts | {card.InsertedFacts} |");
        Line($"| rejected responses per sample | {string.Join(", ", card.RejectedPerSample.Select(r => $"{r.Key}: {r.Value} samples"))} |");
        Line(
            $"| license | that of the documents, and the terms of the generator for its output; state both before you publish the data |"
        );
        Line($"\n## Sizes\n");
        Table(
            Line,
            [
                ("context, tokens", card.ContextTokens),
                ("context, chunks", card.ContextChunks),
                ("question, words", card.QuestionWords),
                ("chosen, words", card.ChosenWords),
                ("rejected, words", card.RejectedWords),
            ]);
        Line($"\n## Importance of chunks\n");
        Table(Line, card.Scores.Select(s => (s.Key, s.Value)));
        Line($"\nChunks that responses were written from:\n");
        Table(Line, card.SeenChunks.Select(s => (s.Key, s.Value)));
        Line($"\nThe file has no positions. Training draws them from its own seed, the number of the sample and the epoch,");
        Line($"for all responses of a sample at once.");
        Quality(Line, card);
        Synthesis(Line, card.Synthesis);
        return text.ToString();
    }

    static string Rejected(DatasetCard card) =>
        !card.RejectedPerSample.ContainsKey("0") ? "at least one rejected response"
        : card.RejectedPerSample.Count == 1 ? "no rejected response"
        : "in some samples rejected responses";

    static void Table(Action<FormattableString> line, IEnumerable<(string Name, Distribution Spread)> rows)
    {
        line($"| | count | minimum | 25 % | median | 75 % | maximum | mean |\n|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach ((string name, Distribution s) in rows)
        {
            line($"| {name} | {s.Count} | {s.Min} | {s.LowerQuartile} | {s.Median} | {s.UpperQuartile} | {s.Max} | {s.Mean} |");
        }
    }

    static void Quality(Action<FormattableString> line, DatasetCard card)
    {
        line($"\n## Quality by rule\n");
        if (card.Patterns is null || card.Faults is null)
        {
            line($"Not counted: this needs the tokenizer of the chunks.");
        }
        else
        {
            line($"| responses | | instruction unfollowed | hallucination |\n|---|--:|--:|--:|");
            foreach ((string kind, ErrorPatterns p) in card.Patterns)
            {
                (string unfollowed, string hallucinated) = (Share(p.Unfollowed, p.Responses), Share(p.Hallucinated, p.Responses));
                line($"| {kind.Replace('_', ' ')} | {p.Responses} | {unfollowed} | {hallucinated} |");
            }
            string faults = string.Join(", ", card.Faults.Select(f => $"{f.Key} {f.Value}"));
            line($"\nFaults that the filters find in the file: {(faults.Length == 0 ? "none" : faults)}.");
        }
        if (card.Judged.Count > 0)
        {
            line($"\nA judge's verdicts: {string.Join(", ", card.Judged.Select(j => $"{j.Key} {j.Value}"))}.");
        }
    }

    static void Synthesis(Action<FormattableString> line, JsonNode? summary)
    {
        if (summary is JsonObject parts)
        {
            line($"\n## How it was made\n");
            foreach ((string part, JsonNode? value) in parts)
            {
                line($"{part}:\n");
                foreach ((string key, JsonNode? one) in value as JsonObject ?? [])
                {
                    string shown = one is JsonObject inner
                        ? string.Join(", ", inner.Select(i => $"{i.Key} {i.Value}"))
                        : one?.ToString() ?? "";
                    line($"- {key.Replace('_', ' ')}: {(shown.Length == 0 && one is not JsonValue ? "none" : shown)}");
                }
                line($"");
            }
        }
    }

    static string Share(int part, int all) =>
        all == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{part} ({100.0 * part / all:F1} %)");
}
