using System.Globalization;
using System.Text;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Inspection;
using Farsight.Engine;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Report;
using Farsight.Text.Conversations;
using Farsight.Workflows.Reports;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Dashboard;

/// <summary>Shows one sample: context and responses, their differences, positions, tokens, provenance.</summary>
/// <param name="sample">The sample.</param>
/// <param name="format">Chat format of the model that the dataset is for; null if it is not known.</param>
/// <param name="runs">Runs that were trained on the dataset.</param>
sealed class SampleParts(PreferenceSample sample, ChatFormat? format, IReadOnlyList<(TrainedOn On, string Name)> runs)
{
    // Tokens shown at the beginning and at the end of a long part.
    const int ShownTokens = 300;

    internal string Controls(IQueryCollection query, string address, int number) => runs.Count < 2 || format is null ? "" : Html.Form(
        "/sample",
        [("path", address), ("n", number.ToString(CultureInfo.InvariantCulture))],
        Html.Choice("run", "Positions of run", query["run"], [.. runs.Select(r => (r.Name, r.Name))]),
        "Show");

    internal string Body(IQueryCollection query) =>
        $"<div class=\"dataset\">{DatasetPage.Marks(format is not null)}{DatasetPage.Sample(sample, format?.Tokenizer)}</div>\n"
            + Differences() + Positions(query["run"]) + Provenance() + Tokens(query.ContainsKey("all"));

    string Differences()
    {
        PreferenceTurn[] turns =
        [
            new(sample.Question, sample.Chosen, sample.Rejected, sample.Provenance.Seen), .. sample.Turns ?? sample.Questions ?? [],
        ];
        StringBuilder html = new("<h2>Differences</h2>\n");
        html.Append(Html.Note("Words of one side only are underlined in the chosen response and struck through in the rejected one."));
        foreach (PreferenceTurn turn in turns.Where(t => t.Rejected.Count > 0))
        {
            html.Append(turns.Length > 1 ? $"<p class=\"question\">{Html.Escape(turn.Question)}</p>\n" : "");
            foreach ((int j, string rejected) in turn.Rejected.Index())
            {
                (string chosen, string other) = WordDifference.Mark(turn.Chosen, rejected);
                html.Append($"<div class=\"sides\"><div class=\"side\"><h3>Chosen</h3><p>{chosen}</p></div>");
                html.Append(CultureInfo.InvariantCulture, $"<div class=\"side\"><h3>Rejected {j + 1}</h3><p>{other}</p></div></div>\n");
            }
        }
        return turns.Any(t => t.Rejected.Count > 0) ? html.ToString() : "";
    }

    string Positions(string? run)
    {
        if (format is null || runs.Count == 0)
        {
            return "";
        }
        (TrainedOn on, string name) = runs.FirstOrDefault(r => r.Name == run) is { On: not null } named ? named : runs[0];
        try
        {
            PromptShape shape = SampleTokens.Of(sample, format, int.MaxValue).Shape;
            SeededRandom random = SeededRandom.For(on.Seed, "positions/0", 0);
            PromptPositions positions = on.Positions.Assign(shape, ref random);
            return Picture(shape, positions, name);
        }
        catch (InputException e)
        {
            return $"<h2>Positions</h2>\n{Html.Note(e.Message)}";
        }
    }

    static string Picture(PromptShape shape, PromptPositions positions, string run)
    {
        int[] prompt = positions.Prompt;
        // Both sides of every jump, so that a line between two points is a line of consecutive positions, or a jump.
        int[] ends = [.. Enumerable.Range(0, prompt.Length).Where(i =>
            i == 0 || i == prompt.Length - 1 || prompt[i] - prompt[i - 1] != 1 || prompt[i + 1] - prompt[i] != 1)];
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"The prompt has {prompt.Length:N0} tokens at the positions {prompt[0]:N0} to {prompt[^1]:N0}; its responses begin at "
                + $"{positions.ResponseStart:N0}. This is one draw of the scheme of {run}; training draws again in each epoch.");
        LineChart chart = new(
            "Position of each prompt token",
            "token",
            "position",
            [
                new("positions", [.. ends.Select(i => new ChartPoint(i, prompt[i]))]) { Style = 1 },
                new("without synthesis", [new(0, 0), new(prompt.Length - 1, prompt.Length - 1)]) { Style = 0 },
            ])
        {
            Smoothing = 0,
            Band = true, // no marked points
            Marks = [.. Starts(shape).Select((s, i) => new ChartMark(s, i == 0 ? "chunks begin" : ""))],
        };
        ReportModel model = new() { Title = "", Sections = [new("Positions", text) { Charts = [chart] }] };
        return ReportWriter.Body(model);
    }

    static IEnumerable<double> Starts(PromptShape shape)
    {
        const int MostMarks = 64;
        int at = shape.PrefixTokens;
        foreach (int length in shape.ChunkLengths.Take(shape.ChunkLengths.Count <= MostMarks ? MostMarks : 0))
        {
            yield return at;
            at += length;
        }
    }

    string Provenance()
    {
        SampleProvenance from = sample.Provenance;
        IEnumerable<string> chunks = sample.Context.Select((c, i) => string.Create(
            CultureInfo.InvariantCulture,
            $"{i + 1}: {c.Document}, chunk {c.Index}, {c.Tokens.Length} tokens, {c.Role}, score {c.Score:0.###}").ToLowerInvariant());
        return "<h2>Provenance</h2>\n" + Html.Facts(
        [
            ("documents", string.Join(", ", from.Documents)),
            ("chunks", string.Join('\n', chunks)),
            ("chosen response saw chunks", Numbers(from.Seen.Chosen)),
            .. from.Seen.Rejected.Select((r, j) =>
                (string.Create(CultureInfo.InvariantCulture, $"rejected response {j + 1} saw chunks"), Numbers(r))),
            ("question from", from.Question?.ToString().ToLowerInvariant() ?? ""),
            ("inserted fact", from.Fact is { } fact ? $"{fact.Text} (answer: {fact.Answer})" : ""),
            ("generator", from.Generator is { } g ? Described(g) : ""),
            ("judge", from.Judge is { } judge ? $"{judge.Model} {(judge.Accepted ? "accepts" : "refuses")}: {judge.Reason}" : ""),
            ("seed and number", string.Create(CultureInfo.InvariantCulture, $"{from.Seed}, sample {from.SampleIndex}")),
        ]);
    }

    string Tokens(bool all)
    {
        if (format is null)
        {
            return "";
        }
        StringBuilder html = new("<h2>Tokens</h2>\n");
        html.Append("<ul class=\"legend\"><li><span class=\"token template\">template</span> markup</li>");
        html.Append("<li><span class=\"token prompt\">prompt</span> context and question</li>");
        html.Append("<li><span class=\"token scored\">scored</span> scored by training</li></ul>\n");
        IReadOnlyList<SampleToken> tokens;
        try
        {
            tokens = TokenListing.Of(sample, format);
        }
        catch (InputException e)
        {
            return html.Append(Html.Note(e.Message)).ToString();
        }
        foreach (SampleToken[] part in Parts(tokens))
        {
            html.Append($"<h3>{Html.Escape(part[0].Part)}, {RunPages.Count(part.Length, "token")}</h3>\n<p class=\"tokens\">");
            bool isCut = !all && part.Length > 2 * ShownTokens;
            html.AppendJoin("", (isCut ? part[..ShownTokens] : part).Select(Token));
            if (isCut)
            {
                html.Append($"</p>\n{Html.Note($"{RunPages.Count(part.Length - 2 * ShownTokens, "token")} left out here.")}");
                html.Append("<p class=\"tokens\">").AppendJoin("", part[^ShownTokens..].Select(Token));
            }
            html.Append("</p>\n");
        }
        return html.ToString();
    }

    /// <summary>Yields consecutive tokens of one part.</summary>
    static IEnumerable<SampleToken[]> Parts(IReadOnlyList<SampleToken> tokens)
    {
        for (int from = 0, to; from < tokens.Count; from = to)
        {
            to = from + 1;
            while (to < tokens.Count && tokens[to].Part == tokens[from].Part)
            {
                to++;
            }
            yield return [.. tokens.Skip(from).Take(to - from)];
        }
    }

    static string Token(SampleToken token)
    {
        string title = string.Create(CultureInfo.InvariantCulture, $"token {token.Position}, id {token.Id}, {token.Role}");
        return $"<span class=\"token {token.Role}\" title=\"{title}\">{Html.Escape(token.Text)}</span>";
    }

    static string Described(GeneratorSettings generator) => string.Create(
        CultureInfo.InvariantCulture,
        $"{generator.Model}, temperature {generator.Temperature}, at most {generator.MaxNewTokens} tokens");

    static string Numbers(IEnumerable<int> chunks) =>
        string.Join(", ", chunks.Select(c => (c + 1).ToString(CultureInfo.InvariantCulture))) is { Length: > 0 } text ? text : "none";
}
