using System.Text.RegularExpressions;

namespace Farsight.Tests;

/// <summary>Which room may use which. The compiler holds the projects apart; this holds the folders of Farsight.Alignment apart.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>For each room, the rooms that it may use.</summary>
    internal static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Benchmarks"] = ["Text", "Documents", "Data", "Synthesis", "Objectives", "Training"],
        ["Data"] = ["Text"],
        ["Documents"] = [],
        ["Endpoints"] = ["Text", "Generation"],
        ["Evaluation"] = ["Text", "Documents", "Generation", "Endpoints", "Runs"],
        ["Export"] = ["Text"],
        ["Generation"] = ["Text"],
        ["Inspection"] = ["Text", "Data", "Synthesis", "Runs"],
        ["Objectives"] = [],
        ["Recipes"] = ["Text", "Documents", "Data", "Generation", "Synthesis", "Objectives", "Training", "Runs", "Evaluation"],
        ["Runs"] = [],
        ["Synthesis"] = ["Text", "Documents", "Data", "Generation", "Runs"],
        ["Text"] = [],
        ["Training"] = ["Text", "Documents", "Data", "Objectives", "Runs"],
    };

    [Fact]
    public void Rooms_use_only_the_rooms_below_them()
    {
        string root = Path.Combine(Repository.Root, "src/Farsight.Alignment");
        string[] rooms = [.. Directory.GetDirectories(root).Select(Path.GetFileName).Where(r => r is not ("bin" or "obj")).Order()!];
        Assert.Empty(rooms.Except(MayUse.Keys)); // a new folder must be given its place here

        string[] wrong =
        [
            .. from room in rooms
               from file in Directory.EnumerateFiles(Path.Combine(root, room), "*.cs", SearchOption.AllDirectories)
               from Match use in UsedRoom().Matches(File.ReadAllText(file))
               let used = use.Groups[1].Value
               where used != room && !MayUse[room].Contains(used)
               select $"{Path.GetRelativePath(root, file)} uses {used}",
        ];
        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"Farsight\.Alignment\.(\w+)")]
    private static partial Regex UsedRoom();
}
