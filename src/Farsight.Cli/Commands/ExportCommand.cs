using System.CommandLine;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight export</c>: models in the formats of other programs.</summary>
static class ExportCommand
{
    internal static Command Create() =>
        new("export", "Export a model to the format of another program.") { ExportGgufCommand.Create(), ExportHfCommand.Create() };
}
