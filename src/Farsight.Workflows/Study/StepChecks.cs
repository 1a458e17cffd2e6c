using Farsight.Engine;

namespace Farsight.Workflows.Study;

/// <summary>The checks that a step's library has of its own, as a recipe's problems.</summary>
static class StepChecks
{
    internal static IEnumerable<string> Of(string path, Action check)
    {
        try
        {
            check();
            return [];
        }
        catch (InputException e)
        {
            return [$"{path}: {e.Message}"];
        }
    }
}
