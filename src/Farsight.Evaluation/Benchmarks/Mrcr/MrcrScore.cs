using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.Mrcr;

/// <summary>Scores an answer of OpenAI's MRCR: difflib's ratio behind a random string that the answer must begin with.</summary>
static class MrcrScore
{
    /// <summary>Returns 0 to 1. Nothing is trimmed, and difflib's "autojunk" is on, as on the data card.</summary>
    internal static double Grade(string response, string answer, string start) =>
        response.StartsWith(start, StringComparison.Ordinal)
            ? SequenceMatcher.Ratio(response[start.Length..], answer.StartsWith(start, StringComparison.Ordinal) ? answer[start.Length..]
                : answer)
            : 0;
}
