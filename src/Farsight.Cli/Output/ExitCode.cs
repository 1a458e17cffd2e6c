namespace Farsight.Cli.Output;

/// <summary>What the process returns: 0 done, 1 ran and failed (or the answer is no), 2 the input is at fault, 130 cancelled.</summary>
static class ExitCode
{
    internal const int Done = 0, Failed = 1, BadInput = 2, Cancelled = 130;
}
