using Xunit.Abstractions;

namespace Farsight.Mutation;

/// <summary>Tests mutants in this process.</summary>
static class Worker
{
    /// <summary>Exit code after a mutant that hangs or leaves something broken behind. Its result is written.</summary>
    internal const int Restart = 3;

    static readonly TimeSpan s_unlimited = TimeSpan.FromMinutes(10);

    /// <summary>Records which test reaches which mutant, without a mutant active.</summary>
    internal static int Cover(Area area)
    {
        MutantSwitch mutants = new(area.Assembly);
        using TestSet set = new(area.TestFilter);

        // The first run of a test also executes what the process executes once. The second one shows what is executed each time.
        HashSet<int> first = [];
        List<KeyValuePair<string, ITestCase>> passing = [];
        foreach (KeyValuePair<string, ITestCase> test in set.Tests)
        {
            string? failure = null;
            (int[] always, int[] once) = mutants.Reached(() => failure = set.Run(test.Value, s_unlimited).Failure);
            first.UnionWith([.. always, .. once]);
            if (failure is null)
            {
                passing.Add(test);
            }
            else
            {
                Console.Error.WriteLine($"Left out, because it fails without a mutant: {failure}");
            }
        }

        List<TestCoverage> coverage = [];
        foreach ((string id, ITestCase test) in passing)
        {
            double seconds = 0;
            (int[] always, int[] once) = mutants.Reached(() => seconds = set.Run(test, s_unlimited).Seconds);
            coverage.Add(new(id, seconds, always, once));
        }
        first.ExceptWith(coverage.SelectMany(c => c.Mutants));
        area.Coverage.Write([.. coverage, new("", 0, [], [.. first])]);
        int reached = coverage.SelectMany(c => c.Mutants).Concat(first).Distinct().Count();
        Console.Error.WriteLine($"{passing.Count} tests reach {reached} mutants.");
        return 0;
    }

    /// <summary>Tests the mutants without a result, one after the other.</summary>
    internal static int TestMany(Area area)
    {
        MutantSwitch mutants = new(area.Assembly);
        using TestSet set = new(area.TestFilter);
        IReadOnlyList<TestCoverage> coverage = area.Coverage.Read();
        HashSet<int> once = [.. coverage.SelectMany(c => c.Once)], done = [.. area.Results.Read().Select(r => r.Id)];
        foreach (Mutant mutant in area.Mutants().Where(m => !done.Contains(m.Id)))
        {
            TestCoverage[] reaching = [.. coverage.Where(c => c.Mutants.Contains(mutant.Id)).OrderBy(c => c.Seconds)];
            if (once.Contains(mutant.Id))
            {
                area.Results.Append(new(mutant.Id, MutantStatus.NeedsOwnProcess));
                continue;
            }
            if (reaching.Length == 0)
            {
                area.Results.Append(new(mutant.Id, MutantStatus.NotCovered));
                continue;
            }

            File.WriteAllText(area.CurrentMutantFile, $"{mutant.Id}");
            MutantResult result = Test(mutants, set, mutant.Id, reaching);
            area.Results.Append(result);
            File.Delete(area.CurrentMutantFile);
            if (result.Status is MutantStatus.TimedOut or MutantStatus.NeedsOwnProcess)
            {
                Environment.Exit(Restart); // a test may still be running
            }
        }
        return 0;
    }

    /// <summary>Tests one mutant with all tests, active from the start, so that static initializers see it.</summary>
    internal static int TestAlone(Area area, int id)
    {
        File.WriteAllText(area.CurrentMutantFile, $"{id}");
        MutantSwitch mutants = new(area.Assembly);
        mutants.Activate(id);
        using TestSet set = new(area.TestFilter);
        MutantResult result = new(id, MutantStatus.Survived);
        foreach (TestCoverage test in area.Coverage.Read().Where(c => set.Tests.ContainsKey(c.Test)).OrderBy(c => c.Seconds))
        {
            result = Test(set, id, test);
            if (result.Status != MutantStatus.Survived)
            {
                break;
            }
        }
        area.Results.Append(result);
        File.Delete(area.CurrentMutantFile);
        Environment.Exit(0);
        return 0;
    }

    static MutantResult Test(MutantSwitch mutants, TestSet set, int id, TestCoverage[] reaching)
    {
        foreach (TestCoverage test in reaching)
        {
            mutants.Activate(id);
            MutantResult result = Test(set, id, test);
            mutants.Deactivate();
            if (result.Status == MutantStatus.Killed && set.Run(set.Tests[test.Test], s_unlimited).Failure is not null)
            {
                return new(id, MutantStatus.NeedsOwnProcess); // the test still fails: the mutant, or one before it, left something broken
            }
            if (result.Status != MutantStatus.Survived)
            {
                return result;
            }
        }
        return new(id, MutantStatus.Survived);
    }

    static MutantResult Test(TestSet set, int id, TestCoverage test)
    {
        try
        {
            string? failure = set.Run(set.Tests[test.Test], TimeSpan.FromSeconds(8 + 5 * test.Seconds)).Failure;
            return failure is null
                ? new(id, MutantStatus.Survived)
                : new(id, MutantStatus.Killed, failure[..Math.Min(failure.Length, 200)]);
        }
        catch (TimeoutException)
        {
            return new(id, MutantStatus.TimedOut, set.Tests[test.Test].DisplayName);
        }
    }
}
