using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Data.Positions;

/// <summary>Provides the draws that several schemes share.</summary>
static class PositionDraw
{
    /// <summary>Sorted distinct numbers of [start, end), every choice equally likely.</summary>
    /// <remarks>Selection sampling: each number is taken with probability wanted/left. Source:
    /// Knuth, TAOCP 2, 3.4.2, algorithm S.</remarks>
    internal static int[] Distinct(int start, int end, int count, ref SeededRandom random)
    {
        int[] drawn = new int[count];
        for (int position = start, taken = 0; taken < count; position++)
        {
            if (random.Next(end - position) < count - taken)
            {
                drawn[taken++] = position;
            }
        }
        return drawn;
    }

    /// <summary>Lets the question follow the last position of the context.</summary>
    internal static PromptPositions WithQuestion(List<int> positions, PromptShape shape)
    {
        int next = positions.Count == 0 ? 0 : positions[^1] + 1;
        return new([.. positions, .. Enumerable.Range(next, shape.QuestionTokens)]);
    }

    /// <summary>Returns a problem unless the target length is positive.</summary>
    internal static IEnumerable<string> TargetProblems(string path, int targetLength) =>
        targetLength > 0
            ? []
            : [$"{path}.target_length: {targetLength} is not a length; use the number of positions to train for, as 65536."];
}
