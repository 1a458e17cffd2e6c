namespace Farsight.Evaluation.Metrics;

/// <summary>Cuts a text without spaces into words; the words joined give the text back.</summary>
public interface IWordSegmenter
{
    /// <summary>The words in order.</summary>
    IReadOnlyList<string> Cut(string text);
}
