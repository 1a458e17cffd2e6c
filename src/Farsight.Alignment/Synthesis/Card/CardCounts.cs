using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Alignment.Data;
using Farsight.Alignment.Synthesis.Quality;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Synthesis.Card;

/// <summary>Counts a dataset sample by sample; only numbers are kept.</summary>
sealed class CardCounts(Tokenizer? tokenizer)
{
    readonly SortedSet<string> _documents = new(StringComparer.Ordinal), _generators = new(StringComparer.Ordinal);
    readonly SortedSet<int> _seeds = [];
    readonly SortedDictionary<string, int> _rejected = new(StringComparer.Ordinal),
        _faults = new(StringComparer.Ordinal),
        _judged = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, List<double>> _scores = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, ErrorPatterns> _patterns = new(StringComparer.Ordinal);
    readonly List<double> _tokens = [],
        _chunks = [],
        _questionWords = [],
        _chosenWords = [],
        _rejectedWords = [],
        _seenChosen = [],
        _seenRejected = [];
    int _facts;

    internal void Add(PreferenceSample sample)
    {
        SampleProvenance from = sample.Provenance;
        _documents.UnionWith(from.Documents);
        _generators.Add(
            from.Generator is { } g
                ? string.Create(CultureInfo.InvariantCulture, $"{g.Model}, temperature {g.Temperature}, at most {g.MaxNewTokens} tokens{(
                    g.Omitted is null ? "" : $" (the server rejected {g.Omitted})")}")
                : "none");
        _seeds.Add(from.Seed);
        _facts += sample.AllTurns.Count(t => t.Fact is not null);
        AddSizes(sample);
        foreach (ContextChunk chunk in sample.Context)
        {
            string role = chunk.Role.ToString().ToLowerInvariant();
            _scores.TryAdd(role, []);
            _scores[role].Add(chunk.Score);
        }
        if (from.Judge is { } judge)
        {
            Count(_judged, judge.Accepted ? "accepted" : "refused");
        }
        if (tokenizer is not null)
        {
            AddTexts(SampleTexts.Of(sample, tokenizer));
        }
    }

    internal DatasetCard ToCard(string name, string sha256, long bytes, JsonNode? synthesis) =>
        new(
            name,
            sha256,
            bytes,
            _tokens.Count,
            _documents.Count,
            [.. _generators],
            [.. _seeds],
            _facts,
            _rejected,
            Distribution.Of(_tokens),
            Distribution.Of(_chunks),
            Distribution.Of(_questionWords),
            Distribution.Of(_chosenWords),
            Distribution.Of(_rejectedWords),
            new SortedDictionary<string, Distribution>(
                _scores.ToDictionary(s => s.Key, s => Distribution.Of(s.Value)), StringComparer.Ordinal),
            new SortedDictionary<string, Distribution>(StringComparer.Ordinal)
            {
                ["chosen"] = Distribution.Of(_seenChosen),
                ["rejected"] = Distribution.Of(_seenRejected),
            },
            tokenizer is null ? null : _patterns,
            tokenizer is null ? null : _faults,
            _judged,
            synthesis);

    void AddSizes(PreferenceSample sample)
    {
        Count(_rejected, sample.AllTurns.Min(t => t.Rejected.Count).ToString(CultureInfo.InvariantCulture));
        _tokens.Add(sample.Context.Sum(c => c.Tokens.Length));
        _chunks.Add(sample.Context.Count);
        foreach (PreferenceTurn turn in sample.AllTurns)
        {
            _questionWords.Add(ResponseWords.Of(turn.Question).Length);
            _chosenWords.Add(ResponseWords.Of(turn.Chosen).Length);
            _rejectedWords.AddRange(turn.Rejected.Select(r => (double)ResponseWords.Of(r).Length));
            _seenChosen.Add(turn.Seen.Chosen.Length);
            _seenRejected.AddRange(turn.Seen.Rejected.Select(s => (double)s.Length));
        }
    }

    void AddTexts(SampleTexts texts)
    {
        foreach (PreferenceTurn turn in texts.Sample.AllTurns)
        {
            Grounding known = texts.Known(turn);
            AddPattern("chosen", turn.Question, turn.Chosen, known);
            CountFault("chosen", texts.FaultOfChosen(turn));
            for (int j = 0; j < turn.Rejected.Count; j++)
            {
                AddPattern(
                    texts.SawOnlyIrrelevant(turn, j) ? "rejected_irrelevant" : "rejected_partial",
                    turn.Question,
                    turn.Rejected[j],
                    known);
                CountFault("rejected", SampleTexts.FaultOfRejected(turn, j));
            }
        }
    }

    void AddPattern(string kind, string question, string response, Grounding known) =>
        _patterns[kind] = _patterns.GetValueOrDefault(kind, ErrorPatterns.None).With(question, response, known);

    void CountFault(string side, ResponseFault? fault)
    {
        if (fault is not null)
        {
            Count(_faults, $"{side}: {fault.Reason}");
        }
    }

    static void Count(SortedDictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;
}
