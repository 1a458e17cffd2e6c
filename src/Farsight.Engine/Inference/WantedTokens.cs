namespace Farsight.Engine.Inference;

/// <summary>
/// The scored tokens of requests, by the nodes of the prefix tree that predict them; one that several ask for is computed once.
/// </summary>
sealed class WantedTokens
{
    readonly PrefixTree _tree;
    readonly SortedDictionary<WantedToken, (float LogProb, bool IsTop)>[] _nodes;

    internal WantedTokens(PrefixTree tree, IReadOnlyList<ScoringRequest> requests)
    {
        (_tree, _nodes) = (tree, new SortedDictionary<WantedToken, (float, bool)>[tree.Nodes.Count]);
        for (int n = 0; n < _nodes.Length; n++)
        {
            _nodes[n] = [];
        }
        for (int r = 0; r < requests.Count; r++)
        {
            foreach ((int node, WantedToken token) in Places(r, requests[r]))
            {
                _nodes[node].TryAdd(token, default);
            }
        }
    }

    /// <summary>What a node's tokens predict, from its first to its last.</summary>
    internal IReadOnlyList<WantedToken> Of(int node) => [.. _nodes[node].Keys];

    /// <summary>Keeps a result.</summary>
    internal void Take(int node, WantedToken token, float logProb, bool isTop) => _nodes[node][token] = (logProb, isTop);

    /// <summary>Puts the results of a request together.</summary>
    internal ContinuationScore Read(int number, ScoringRequest request)
    {
        float[] logProbs = new float[request.Continuation.Count];
        bool isGreedy = true;
        int last = logProbs.Length;
        foreach ((int node, WantedToken token) in Places(number, request))
        {
            (logProbs[--last], bool isTop) = _nodes[node][token];
            isGreedy &= isTop;
        }
        return new(logProbs, isGreedy);
    }

    /// <summary>Where the continuation's tokens are predicted, from the last to the first.</summary>
    IEnumerable<(int Node, WantedToken Token)> Places(int number, ScoringRequest request)
    {
        int node = _tree.Ends[number];
        for (int i = request.Continuation.Count - 1; i >= 0; i--)
        {
            int place = request.Prompt.Count - 1 + i;
            while (_tree.Nodes[node].Start > place)
            {
                node = _tree.Nodes[node].Parent;
            }
            yield return (node, new(place - _tree.Nodes[node].Start, request.Continuation[i]));
        }
    }
}
