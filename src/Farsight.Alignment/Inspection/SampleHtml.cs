using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Alignment.Synthesis.Scoring;
using Farsight.Text.Conversations;

namespace Farsight.Alignment.Inspection;

/// <summary>Writes one sample of a page: the question, the responses with their faults, and the context with marked evidence.</summary>
sealed class SampleHtml
{
    readonly StringBuilder _html = new();
    readonly PreferenceSample _sample;
    readonly SampleTexts? _texts;
    readonly SharedWords _shared;

    SampleHtml(PreferenceSample sample, SampleTexts? texts) =>
        (_sample, _texts, _shared) = (sample, texts, new(sample.AllTurns.SelectMany(t => new[] { t.Question, t.Chosen })));

    internal static string Of(PreferenceSample sample, SampleTexts? texts) => new SampleHtml(sample, texts).Build();

    string Build()
    {
        SampleProvenance from = _sample.Provenance;
        Write($"<section class=\"sample\" id=\"{Escape(_sample.Id)}\">\n");
        Write($"<p class=\"id\">{Escape(_sample.Id)} · {Escape(string.Join(", ", from.Documents))}</p>\n");
        if (_sample.Questions is { } questions)
        {
            Write($"<p class=\"id\">{questions.Count + 1} questions, each asked alone</p>\n");
        }
        Messages(_sample.Tools, _sample.History ?? []);
        foreach (PreferenceTurn turn in _sample.AllTurns)
        {
            Write($"<h2>{Escape(turn.Question)}</h2>\n");
            Messages(null, _sample.ToolTurns ?? []);
            string chosen = turn.Chosen + (_sample.ChosenCalls is { } calls ? $" {calls.ToJsonString()}" : "");
            Response("chosen", "Chosen", turn, chosen, turn.Seen.Chosen, _texts?.FaultOfChosen(turn));
            for (int j = 0; j < turn.Rejected.Count; j++)
            {
                ResponseFault? fault = _texts is null ? null : SampleTexts.FaultOfRejected(turn, j);
                Response("rejected", $"Rejected {j + 1}", turn, turn.Rejected[j], turn.Seen.Rejected[j], fault);
            }
        }
        if (from.Judge is { } judge)
        {
            string verdict = judge.Accepted ? "accepts" : "refuses";
            Write($"<p class=\"judge\">{Escape(judge.Model)} {verdict} the chosen response: {Escape(judge.Reason)}</p>\n");
        }
        Context();
        return _html.Append("</section>\n").ToString();
    }

    void Messages(JsonArray? tools, IReadOnlyList<ChatTurn> messages)
    {
        IEnumerable<(string Role, string Text)> all = messages.Select(m => (m.Role, $"{m.Content} {m.ToolCalls?.ToJsonString()}".Trim()));
        foreach ((string role, string text) in tools is null ? all : all.Prepend(("tools", tools.ToJsonString())))
        {
            Write($"<div class=\"response\"><h3>{Escape(role)}</h3><p>{Escape(text)}</p></div>\n");
        }
    }

    void Response(string kind, string title, PreferenceTurn turn, string text, IReadOnlyList<int> seen, ResponseFault? fault)
    {
        Write($"<div class=\"response {kind}\"><h3>{title}{From(seen)}");
        IEnumerable<ResponseFault?> faults = [fault, UnfollowedInstruction.Check(turn.Question, text), Refusal.Check(text)];
        foreach (ResponseFault one in faults.OfType<ResponseFault>().DistinctBy(f => f.Reason))
        {
            Write($" <b class=\"fault\" title=\"{Escape(one.Detail)}\">{Escape(one.Reason.Replace('_', ' '))}</b>");
        }
        Write($"</h3><p>{Marked(text, Missing(turn, text))}</p></div>\n");
    }

    /// <summary>Returns the chunks that a response was written from, as small colored numbers.</summary>
    string From(IReadOnlyList<int> seen) =>
        seen.Count == 0
            ? " <span>from no chunk</span>"
            : $" <span>from</span> {string.Join(' ', seen.Select(Link))}";

    string Link(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"<a class=\"{Role(number)}\" href=\"#{Anchor(number)}\">{number + 1}</a>");

    IEnumerable<(Range, string)> Missing(PreferenceTurn turn, string response)
    {
        int from = 0;
        foreach (string missing in _texts?.Known(turn).Missing(response) ?? [])
        {
            int at = response.IndexOf(missing, from, StringComparison.Ordinal);
            from = at + missing.Length;
            yield return (at..from, "b");
        }
    }

    void Context()
    {
        if (_texts is null)
        {
            string prompt = _sample.Prompt ?? "The sample has no readable prompt.";
            int tokens = _sample.Context.Sum(c => c.Tokens.Length);
            Write($"<details class=\"chunk\"><summary>{_sample.Context.Count} chunks, {tokens} tokens</summary>");
            Write($"<p>{Marked(prompt, _shared.In(prompt).Select(r => (r, "mark")))}</p></details>\n");
            return;
        }
        double most = _sample.Context.Select(c => c.Score).Append(double.Epsilon).Max();
        _html.Append("<div class=\"strip\">");
        foreach ((int i, ContextChunk chunk) in _sample.Context.Index())
        {
            Write($"<a class=\"{Role(i)}\" href=\"#{Anchor(i)}\" title=\"chunk {i + 1}, score {chunk.Score:0.##}\">");
            Write($"<i style=\"height:{100 * chunk.Score / most:F0}%\"></i></a>");
        }
        _html.Append("</div>\n");
        for (int i = 0; i < _sample.Context.Count; i++)
        {
            Chunk(i);
        }
    }

    void Chunk(int number)
    {
        ContextChunk chunk = _sample.Context[number];
        string text = _texts!.Chunks[number];
        List<(Range, string)> marks = [.. _shared.In(text).Select(r => (r, "mark"))];
        foreach (InsertedFact fact in _sample.AllTurns.Select(t => t.Fact).OfType<InsertedFact>().Where(f => f.Chunk == number))
        {
            if (text.IndexOf(fact.Text, StringComparison.Ordinal) is >= 0 and var at)
            {
                marks.Add((at..(at + fact.Text.Length), "u"));
            }
        }
        bool isOpen = chunk.Role == ChunkRole.Relevant;
        Write($"<details class=\"chunk {Role(number)}\" id=\"{Anchor(number)}\"{(isOpen ? " open" : "")}>");
        Write($"<summary>{number + 1} · {Role(number)} · score {chunk.Score:0.##} · ");
        Write($"{Escape(chunk.Document)}, chunk {chunk.Index}</summary><p>{Marked(text, marks)}</p></details>\n");
    }

    /// <summary>Formats a text with tagged spans; spans may be nested.</summary>
    static string Marked(string text, IEnumerable<(Range Range, string Tag)> marks)
    {
        // Where several begin, the longer one is outside; where several end, tags of stretches that go on are closed and opened again.
        SortedSet<int> cuts = [0, text.Length];
        (int Start, int End, string Tag)[] all =
        [
            .. marks.Select(m => (m.Range.Start.Value, m.Range.End.Value, m.Tag)).OrderBy(m => m.Tag == "u" ? 0 : 1),
        ];
        cuts.UnionWith(all.SelectMany(m => new[] { m.Start, m.End }));
        StringBuilder html = new();
        foreach ((int start, int end) in cuts.Zip(cuts.Skip(1)))
        {
            string[] tags = [.. all.Where(m => m.Start <= start && end <= m.End).Select(m => m.Tag)];
            html.Append(string.Concat(tags.Select(t => t == "b" ? "<b class=\"missing\">" : $"<{t}>")));
            html.Append(Escape(text[start..end]));
            html.Append(string.Concat(tags.Reverse().Select(t => $"</{t}>")));
        }
        return html.ToString();
    }

    string Role(int chunk) => _sample.Context[chunk].Role.ToString().ToLowerInvariant();

    string Anchor(int chunk) => string.Create(CultureInfo.InvariantCulture, $"{Escape(_sample.Id)}-{chunk + 1}");

    void Write(FormattableString html) => _html.Append(html.ToString(CultureInfo.InvariantCulture));

    static string Escape(string text) => DatasetPage.Escape(text);
}

/// <summary>Finds the spans of a text that share words with a question and its answer, for display.</summary>
sealed class SharedWords
{
    readonly HashSet<ulong> _wanted = [];

    /// <summary>Reads question and answer.</summary>
    public SharedWords(params IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            _wanted.UnionWith(EntityRecognizer.Keys(text));
        }
    }

    /// <summary>Returns the shared spans of a text in order; adjacent words form one span.</summary>
    public IReadOnlyList<Range> In(string text)
    {
        List<Range> shared = [];
        Span<char> form = stackalloc char[TermText.Most];
        bool before = false;
        foreach (TextWord word in TextWords.Of(text))
        {
            bool isShared = TermText.Write(text, word, form) is > 0 and int length && _wanted.Contains(TermHash.Of(form[..length]));
            if (isShared && before && word.Gap is WordGap.Space or WordGap.Hyphen)
            {
                shared[^1] = new(shared[^1].Start, word.End);
            }
            else if (isShared)
            {
                shared.Add(new(word.Start, word.End));
            }
            before = isShared;
        }
        return shared;
    }
}
