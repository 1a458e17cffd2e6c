namespace Farsight.Alignment.Synthesis.Quality;

/// <summary>A response as words parted by white space.</summary>
static class ResponseWords
{
    static readonly char[] s_edges = [.. ".,;:!?\"'()[]{}*`"];

    internal static string[] Of(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>In lower case, without the signs around them.</summary>
    internal static string[] Plain(string text) =>
        [.. Of(text.ToLowerInvariant().Replace('’', '\'')).Select(w => w.Trim(s_edges)).Where(w => w.Length > 0)];
}
