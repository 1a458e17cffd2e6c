using System.CommandLine;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight data</c>: corpora and preference datasets as files.</summary>
static class DataCommand
{
    internal static Command Create() => new("data", "Look at corpora; put datasets together, and into other programs' formats and back.")
    {
        DataExportCommand.Create(), DataImportCommand.Create(), DataMergeCommand.Create(), DataReportCommand.Create(),
    };
}
