namespace Farsight.Alignment.Data;

/// <summary>Reports samples that are longer than the window of a model.</summary>
public static class WindowNotice
{
    /// <summary>Returns a sentence that names the longest sample; null if all fit.</summary>
    /// <param name="samples">The samples as tokens.</param>
    /// <param name="window">Tokens that the model was trained for.</param>
    public static string? Of(IEnumerable<SampleTokens> samples, int window)
    {
        int all = 0, longer = 0;
        (string Id, int Tokens) longest = ("", 0);
        foreach (SampleTokens sample in samples)
        {
            int tokens = sample.Shape.RealLength;
            all++;
            longer += tokens > window ? 1 : 0;
            longest = tokens > longest.Tokens ? (sample.Id, tokens) : longest;
        }
        return longer == 0
            ? null
            : $"{longer} of {all} samples are longer than the window of the model ({window} tokens); the longest, '{longest.Id}', has "
                + $"{longest.Tokens}. They are not cut. To extend the window, set rope.";
    }
}
