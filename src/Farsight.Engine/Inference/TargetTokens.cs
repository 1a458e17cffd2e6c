namespace Farsight.Engine.Inference;

/// <summary>Maps the scored tokens of requests to the nodes of the prefix tree that predict them, each token once per node.</summary>
sealed class TargetTokens
{
    readonly PrefixTree _tree;
    readonly SortedDictionary<TargetToken, (float LogProb, bool IsTop)>[] _nodes;

    internal TargetTokens(PrefixTree tree, IReadOnlyList<ScoringRequest> requests)
    {
        (_tree, _nodes) = (tree, new SortedDictionary<TargetToken, (float, bool)>[tree.Nodes.Count]);
        for (int n = 0; n < _nodes.Length; n++)
        {
            _nodes[n] = [];
        }
        for (int r = 0; r < requests.Count; r++)
        {
            foreach ((int node, TargetToken token) in Places(r, requests[r]))
            {
                _nodes[node].TryAdd(token, default);
            }
        }
    }

    /// <summary>Returns the tokens that a node predicts, ascending.</summary>
    internal IReadOnlyList<TargetToken> Of(int node) => [.. _nodes[node].Keys];

    /// <summary>Stores a result.</summary>
    internal void Take(int node, TargetToken token, float logProb, bool isTop) => _nodes[node][token] = (logProb, isTop);

    /// <summary>Assembles the results of a request.</summary>
    internal ContinuationScore Read(int number, ScoringRequest request)
    {
        float[] logProbs = new float[request.Continuation.Count];
        bool isGreedy = true;
        int last = logProbs.Length;
        foreach ((int node, TargetToken token) in Places(number, request))
        {
            (logProbs[--last], bool isTop) = _nodes[node][token];
            isGreedy &= isTop;
        }
        return new(logProbs, isGreedy);
    }

    /// <summary>Returns the places that predict the continuation's tokens, from the last to the first.</summary>
    IEnumerable<(int Node, TargetToken Token)> Places(int number, ScoringRequest request)
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

/// <summary>Represents a token to be scored.</summary>
/// <param name="After">Index in the piece of the token before it, which predicts it.</param>
/// <param name="Target">Token id.</param>
readonly record struct TargetToken(int After, int Target) : IComparable<TargetToken>
{
    /// <inheritdoc/>
    public int CompareTo(TargetToken other) => (After, Target).CompareTo((other.After, other.Target));
}
