namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Says how important each chunk of a text is for a question (arXiv 2410.18533, section 3.2.2, step 2).</summary>
public interface IChunkScorer
{
    /// <summary>As it stands in settings and on the command line: "entities".</summary>
    string Name { get; }

    /// <summary>The score from which a chunk is relevant when the user names none, in this scorer's unit.</summary>
    double Threshold { get; }

    /// <summary>Reads the chunks once; then any number of questions can be asked about them.</summary>
    /// <param name="chunks">[N] texts, in any order.</param>
    /// <param name="cancel">Ends a scorer that asks somebody else.</param>
    IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel);
}
