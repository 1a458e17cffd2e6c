using System.Reflection;

namespace Farsight.Mutation;

/// <summary>Activates the mutants of an assembly and records which ones are reached.</summary>
/// <remarks>Stryker.NET compiles all mutants into one assembly and adds a class that selects one of them while the program runs.</remarks>
sealed class MutantSwitch
{
    const BindingFlags Members = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
    const int None = -1;

    readonly FieldInfo _active, _capture;
    readonly MethodInfo _reset, _read;

    internal MutantSwitch(string assembly)
    {
        Type control = Assembly.Load(assembly).GetTypes().SingleOrDefault(t => t.Name == "MutantControl")
            ?? throw new InvalidOperationException($"{assembly} has no mutants. Run tests/mutation/run, which creates them.");
        _active = control.GetField("ActiveMutant", Members)!;
        _capture = control.GetField("CaptureCoverage", Members)!;
        _reset = control.GetMethod("InitCoverage", Members)!;
        _read = control.GetMethod("GetCoverageData", Members)!;
        Deactivate();
    }

    internal void Activate(int mutant) => _active.SetValue(null, mutant);

    internal void Deactivate() => _active.SetValue(null, None);

    /// <summary>Runs an action and returns the mutants that it reaches, and those that it reaches in static initializers.</summary>
    internal (int[] Mutants, int[] Static) Reached(Action action)
    {
        _reset.Invoke(null, null);
        _capture.SetValue(null, true);
        action();
        _capture.SetValue(null, false);
        int[][] lists = [.. ((IEnumerable<IEnumerable<int>>)_read.Invoke(null, null)!).Select(l => l.Distinct().ToArray())];
        return (lists[0], lists[1]);
    }
}
