namespace Farsight.Cli.Output;

/// <summary>Defines the exit codes: 0 success, 1 failure or a negative result, 2 invalid input, 130 cancelled.</summary>
static class ExitCode
{
    internal const int Done = 0, Failed = 1, BadInput = 2, Cancelled = 130;
}
