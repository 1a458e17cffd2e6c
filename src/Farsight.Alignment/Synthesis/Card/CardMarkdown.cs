using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Synthesis.Quality;

namespace Farsight.Alignment.Synthesis.Card;

/// <summary>A card as Markdown.</summary>
static class CardMarkdown
{
    internal static string Of(DatasetCard card)
    {
        StringBuilder text = new();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"# {card.Name}\n");
        Line(
            $"Preference data for long contexts: {card.Samples} samples, each a context in chunks, a question, one chosen and several rejected responses.\n"
        );
        Line($"| | |\n|---|---|");
        Line($"| SHA-256 | `{card.Sha256}` |");
        Line($"| bytes | {card.Bytes} |");
        Line($"| documents | {card.Documents} |");
        Line($"| responses by | {string.Join("; ", card.Generators)} |");
        Line($"| seed | {string.Join(", ", card.Seeds)} |");
        Line($"| invented facts asked for | {card.InsertedFacts} |");
        Line($"| rejected responses a sample | {string.Join(", ", card.RejectedPerSample.Select(r => $"{r.Key}: {r.Value} samples"))} |");
        Line(
            $"| licence | that of the documents, and what the generator's licence says of its output; state both before you pass this on |"
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
        Line(
            $"\nPositions are not in the file: training draws them by its own seed, the number of the sample and the epoch, for all responses of a sample at once."
        );
        Quality(Line, card);
        Synthesis(Line, card.Synthesis);
        return text.ToString();
    }

    static void Table(Action<FormattableString> line, IEnumerable<(string Name, Spread Spread)> rows)
    {
        line($"| | count | least | quarter | half | three quarters | most | mean |\n|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach ((string name, Spread s) in rows)
        {
            line($"| {name} | {s.Count} | {s.Min} | {s.LowerQuartile} | {s.Median} | {s.UpperQuartile} | {s.Max} | {s.Mean} |");
        }
    }

    static void Quality(Action<FormattableString> line, DatasetCard card)
    {
        line($"\n## Quality by rule\n");
        if (card.Patterns is null || card.Faults is null)
        {
            line($"Not counted: the tokenizer of the chunks was not given.");
        }
        else
        {
            line($"| responses | | instruction unfollowed | hallucination |\n|---|--:|--:|--:|");
            foreach ((string kind, ErrorPatterns p) in card.Patterns)
            {
                line(
                    $"| {kind.Replace('_', ' ')} | {p.Responses} | {Share(p.Unfollowed, p.Responses)} | {Share(p.Hallucinated, p.Responses)} |"
                );
            }
            line(
                $"\nWhat the filters say of the file as it is: {(card.Faults.Count == 0 ? "nothing" : string.Join(", ", card.Faults.Select(f => $"{f.Key} {f.Value}")))}."
            );
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
                    line(
                        $"- {key.Replace('_', ' ')}: {(one is JsonObject { Count: 0 } ? "none" : one is JsonObject inner ? string.Join(", ", inner.Select(i => $"{i.Key} {i.Value}")) : one?.ToString() ?? "none")}"
                    );
                }
                line($"");
            }
        }
    }

    static string Share(int part, int all) =>
        all == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{part} ({100.0 * part / all:F1} %)");
}
