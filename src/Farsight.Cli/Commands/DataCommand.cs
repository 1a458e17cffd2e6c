using System.CommandLine;

namespace Farsight.Cli.Commands;

/// <summary>Groups the commands for corpora and preference datasets (<c>farsight data</c>).</summary>
static class DataCommand
{
    internal static Command Create() => new(
        "data",
        "Analyze and augment corpora; select, merge, mix, export and import preference datasets.")
    {
        DataAugmentCommand.Create(), DataExportCommand.Create(), DataImportCommand.Create(), DataMergeCommand.Create(),
        DataMixCommand.Create(), DataReportCommand.Create(), DataSelectCommand.Create(),
    };
}
