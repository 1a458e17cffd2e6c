namespace Farsight.Engine.Inference;

/// <summary>Represents the part of a piece that one pass computes.</summary>
/// <param name="Piece">The whole piece.</param>
/// <param name="First">Index of the part's first token in the piece.</param>
/// <param name="Count">Number of tokens, at least 1.</param>
/// <param name="Outputs">Indices in the piece of the tokens of this part whose output is requested, ascending.</param>
sealed record CacheRun(SequencePiece Piece, int First, int Count, List<int> Outputs)
{
    // Rows of one pass: enough for full register tiles, few enough for small activations.
    internal const int RowsPerPass = 1024;

    /// <summary>Tokens of this part.</summary>
    internal IEnumerable<int> Tokens => Enumerable.Range(First, Count).Select(i => Piece.Tokens[i]);

    /// <summary>Number of tokens of the piece in later passes.</summary>
    internal int Remaining => Piece.Tokens.Count - First - Count;

    /// <summary>Splits long pieces and combines short ones, so that the rows of a pass are bounded.</summary>
    internal static IEnumerable<IReadOnlyList<CacheRun>> Passes(IReadOnlyList<SequencePiece> pieces, Func<SequencePiece, List<int>> outputs)
    {
        List<CacheRun> pass = [];
        int rows = 0;
        foreach (SequencePiece piece in pieces)
        {
            List<int> all = outputs(piece);
            for (int first = 0; first < piece.Tokens.Count;)
            {
                int count = Math.Min(piece.Tokens.Count - first, RowsPerPass - rows), end = first + count, from = first;
                pass.Add(new(piece, first, count, count == piece.Tokens.Count ? all : all.FindAll(o => o >= from && o < end)));
                (rows, first) = (rows + count, end);
                if (rows == RowsPerPass)
                {
                    yield return pass;
                    (pass, rows) = ([], 0);
                }
            }
        }
        if (rows > 0)
        {
            yield return pass;
        }
    }
}
