namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>Scores the importance of each chunk of a text for a question (arXiv 2410.18533, section 3.2.2, step 2).</summary>
public interface IChunkScorer
{
    /// <summary>The name in settings and on the command line: "entities".</summary>
    string Name { get; }

    /// <summary>Default score from which a chunk is relevant, in this scorer's unit.</summary>
    double Threshold { get; }

    /// <summary>Reads the chunks once, for any number of questions.</summary>
    /// <param name="chunks">[N] Texts in any order.</param>
    /// <param name="cancel">Stops a scorer that asks a language model.</param>
    IChunkScores Read(IReadOnlyList<string> chunks, CancellationToken cancel);
}

/// <summary>Represents chunks that a scorer has read.</summary>
public interface IChunkScores
{
    /// <summary>[N] Scores the importance of each chunk; 0 for an unrelated chunk. The result is deterministic.</summary>
    /// <param name="question">The question.</param>
    /// <param name="answer">The known answer; empty if unknown.</param>
    /// <param name="cancel">Stops a scorer that asks a language model.</param>
    double[] Scores(string question, string answer, CancellationToken cancel);

    /// <summary>
    /// Tells whether scores that were computed for a question use entities that rules found, because a language model's answer had no list
    /// of them. False for scorers that ask no model.
    /// </summary>
    /// <param name="question">The question.</param>
    /// <param name="answer">The known answer; empty if unknown.</param>
    bool UsesRules(string question, string answer) => false;
}
