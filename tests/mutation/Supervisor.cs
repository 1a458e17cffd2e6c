using System.Diagnostics;
using System.Globalization;

namespace Farsight.Mutation;

/// <summary>Starts worker processes until every mutant has a result, and prints the score.</summary>
static class Supervisor
{
    internal static int Run(Area area, string[] args, bool survivorsOnly)
    {
        if (survivorsOnly)
        {
            area.Results.Write(Final(area).Values.Where(r => r.Status is MutantStatus.Killed or MutantStatus.TimedOut));
            area.Coverage.Delete();
        }
        if (!area.Coverage.Exists && Start(args, "cover") != 0)
        {
            throw new InvalidOperationException("The tests could not be run without a mutant; the messages above have the reason.");
        }
        for (int code = Start(args, "test"); code != 0; code = Start(args, "test"))
        {
            RecordCrash(area, code);
        }
        foreach (int id in Final(area).Values.Where(r => r.Status == MutantStatus.NeedsOwnProcess).Select(r => r.Id).Order())
        {
            RecordCrash(area, Start(args, "test", id.ToString(CultureInfo.InvariantCulture)));
        }
        Report(area);
        return 0;
    }

    /// <summary>Starts this program again and returns its exit code.</summary>
    static int Start(string[] args, params string[] role)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [typeof(Supervisor).Assembly.Location, .. args, .. role]);
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x80000000"; // 2 GiB: a mutant that allocates forever fails early
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Records the mutant that ended a worker as killed. A worker that asks for a restart has written its result.</summary>
    static void RecordCrash(Area area, int exitCode)
    {
        if (exitCode is 0 or Worker.Restart)
        {
            return;
        }
        if (!File.Exists(area.CurrentMutantFile))
        {
            throw new InvalidOperationException($"A worker ended with exit code {exitCode} before it tested a mutant.");
        }
        int id = int.Parse(File.ReadAllText(area.CurrentMutantFile), CultureInfo.InvariantCulture);
        area.Results.Append(new(id, MutantStatus.Killed, "The process ended."));
        File.Delete(area.CurrentMutantFile);
    }

    static Dictionary<int, MutantResult> Final(Area area) =>
        area.Results.Read().GroupBy(r => r.Id).ToDictionary(g => g.Key, g => g.Last());

    static void Report(Area area)
    {
        Dictionary<int, MutantResult> results = Final(area);
        IReadOnlyList<Mutant> mutants = area.Mutants();
        Mutant[] alive = [.. mutants.Where(m => results[m.Id].Status is MutantStatus.Survived or MutantStatus.NotCovered)];
        File.WriteAllLines(
            area.SurvivorsFile,
            alive.Select(m => $"{m.File}:{m.Line} {results[m.Id].Status} {m.Id}: {m.Original} => {m.Replacement}"));

        foreach (IGrouping<string, Mutant> file in mutants.GroupBy(m => m.File))
        {
            Print(file.Key, file.Count(), file.Count(alive.Contains));
        }
        Print(area.Name, mutants.Count, alive.Length);
        Console.WriteLine($"Mutants that survived or are not covered: {area.SurvivorsFile}");
    }

    static void Print(string name, int mutants, int alive) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {mutants} mutants, {mutants - alive} killed, {alive} not, score {100.0 * (mutants - alive) / mutants:F1} %"));
}
