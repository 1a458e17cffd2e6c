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
                ? string.Create(CultureInfo.InvariantCulture, $"{g.Model}, temperature {g.Temperature}, at most {g.MaxNewTokens} tokens")
                : "none");
        _seeds.Add(from.Seed);
        _facts += from.Fact is null ? 0 : 1;
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
        Count(_rejected, sample.Rejected.Count.ToString(CultureInfo.InvariantCulture));
        _tokens.Add(sample.Context.Sum(c => c.Tokens.Length));
        _chunks.Add(sample.Context.Count);
        _questionWords.Add(ResponseWords.Of(sample.Question).Length);
        _chosenWords.Add(ResponseWords.Of(sample.Chosen).Length);
        _rejectedWords.AddRange(sample.Rejected.Select(r => (double)ResponseWords.Of(r).Length));
        _seenChosen.Add(sample.Provenance.Seen.Chosen.Length);
        _seenRejected.AddRange(sample.Provenance.Seen.Rejected.Select(s => (double)s.Length));
    }

    void AddTexts(SampleTexts texts)
    {
        PreferenceSample sample = texts.Sample;
        Grounding known = texts.Known();
        AddPattern("chosen", sample.Question, sample.Chosen, known);
        CountFault("chosen", texts.FaultOfChosen());
        for (int j = 0; j < sample.Rejected.Count; j++)
        {
            AddPattern(
                SampleTexts.SawOnlyIrrelevant(sample, j) ? "rejected_irrelevant" : "rejected_partial",
                sample.Question,
                sample.Rejected[j],
                known);
            CountFault("rejected", texts.FaultOfRejected(j));
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
