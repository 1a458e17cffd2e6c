using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis.Methods;

/// <summary>Holds the chunks of a corpus by document, and draws from them.</summary>
sealed class SegmentPool
{
    readonly SourceChunk[] _all;
    readonly Dictionary<string, SourceChunk[]> _documents;

    internal SegmentPool(ChunkedCorpus corpus)
    {
        _all = [.. corpus.Passages.SelectMany(p => p.Chunks)];
        _documents = _all.GroupBy(c => c.Document, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
    }

    /// <summary>Draws a chunk, each equally likely.</summary>
    internal SourceChunk DrawChunk(ref SeededRandom random) => random.Pick(_all);

    /// <summary>Draws consecutive chunks of one document; fewer where the document is shorter.</summary>
    internal SourceChunk[] DrawRun(int count, ref SeededRandom random)
    {
        SourceChunk[] document = _documents[DrawChunk(ref random).Document];
        int first = random.Next(Math.Max(1, document.Length - count + 1));
        return document[first..Math.Min(document.Length, first + count)];
    }

    /// <summary>Draws different chunks of other documents.</summary>
    /// <param name="count">Number of chunks.</param>
    /// <param name="without">Names of the documents to leave out.</param>
    /// <param name="random">Advanced.</param>
    /// <exception cref="InputException">The other documents have too few chunks.</exception>
    internal SourceChunk[] DrawOthers(int count, IReadOnlyCollection<string> without, ref SeededRandom random)
    {
        int available = _all.Length - without.Distinct(StringComparer.Ordinal).Sum(d => _documents[d].Length);
        if (available < count)
        {
            throw new InputException(
                $"The documents beside {without.First()} have {available} chunks, and a context takes {count} of them; "
                    + "add documents, or lower length.");
        }
        HashSet<int> taken = [];
        List<SourceChunk> drawn = [];
        while (drawn.Count < count)
        {
            int i = random.Next(_all.Length);
            if (!without.Contains(_all[i].Document) && taken.Add(i))
            {
                drawn.Add(_all[i]);
            }
        }
        return [.. drawn];
    }

    /// <summary>Draws chunks of other documents, one per document; fewer where there are fewer documents.</summary>
    internal SourceChunk[] DrawCandidates(int count, IReadOnlyCollection<string> without, ref SeededRandom random)
    {
        string[] names = [.. _documents.Keys.Where(d => !without.Contains(d))];
        random.Shuffle<string>(names);
        List<SourceChunk> drawn = [];
        foreach (string name in names.Take(count))
        {
            drawn.Add(random.Pick(_documents[name]));
        }
        return [.. drawn];
    }
}
