namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Chunks that a scorer has read.</summary>
public interface IChunkScores
{
    /// <summary>[N] importance of each chunk, 0 for one that has nothing to do with the question; the same each time.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="answer">The known answer; empty when nobody knows it yet.</param>
    /// <param name="cancel">Ends a scorer that asks somebody else.</param>
    double[] Scores(string question, string answer, CancellationToken cancel);
}
