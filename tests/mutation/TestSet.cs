using System.Diagnostics;
using System.Reflection;
using Microsoft.VisualStudio.TestPlatform.Common.Filtering;
using Microsoft.VisualStudio.TestPlatform.ObjectModel;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Farsight.Mutation;

/// <summary>Represents the tests of an area, which run in this process one at a time.</summary>
sealed class TestSet : IDisposable
{
    // A mutant that recurses forever still ends the process; ordinary recursion does not.
    const int StackBytes = 16 << 20;

    readonly ITestFrameworkExecutor _executor;

    internal TestSet(string filter)
    {
        Assembly tests = Assembly.Load("Farsight.Tests");
        TestCaseFilterExpression expression = new(new FilterExpressionWrapper(filter));
        using XunitTestFramework framework = new(new Messages());
        using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(Reflector.Wrap(tests));
        _executor = framework.GetExecutor(tests.GetName());
        Tests = tests.GetTypes()
            .Where(type => type.GetMethods().Any(m => Matches(expression, $"{type.FullName}.{m.Name}", [])))
            .SelectMany(type => Discover(discoverer, type.FullName!))
            .Where(test => Matches(expression, $"{test.TestMethod.TestClass.Class.Name}.{test.TestMethod.Method.Name}", test.Traits))
            .ToDictionary(test => test.UniqueID); // now: the identifier of a theory changes when its numbers are converted
    }

    /// <summary>Gets the tests by identifier.</summary>
    internal IReadOnlyDictionary<string, ITestCase> Tests { get; }

    /// <summary>Runs one test. Returns null if it passes, else the failure, and the processor time in seconds.</summary>
    /// <exception cref="TimeoutException">The test exceeds the limit of processor time, or waits forever.</exception>
    internal (string? Failure, double Seconds) Run(ITestCase test, TimeSpan limit)
    {
        // The machine may be busy, so the clock only ends tests that wait for something that never comes.
        TimeSpan deadline = TimeSpan.FromMinutes(1) + 4 * limit;
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan before = Used();
        Messages messages = new();
        Thread thread = new(() => _executor.RunTests([test], messages, new Options()), StackBytes) { IsBackground = true };
        thread.Start();
        while (!messages.Finished.Wait(200))
        {
            if (Used() - before > limit || clock.Elapsed > deadline)
            {
                throw new TimeoutException();
            }
        }
        thread.Join();
        return (messages.Ran ? messages.Failure : "The test did not run.", (Used() - before).TotalSeconds);
    }

    public void Dispose() => _executor.Dispose();

    static TimeSpan Used() => Environment.CpuUsage.TotalTime;

    static bool Matches(TestCaseFilterExpression expression, string name, Dictionary<string, List<string>> traits) =>
        expression.MatchTestCase(
            new TestCase(),
            property => property == "FullyQualifiedName" ? name : traits.GetValueOrDefault(property)?.ToArray());

    static List<ITestCase> Discover(ITestFrameworkDiscoverer discoverer, string type)
    {
        Messages messages = new();
        discoverer.Find(type, includeSourceInformation: false, messages, new Options());
        messages.Finished.Wait();
        return messages.Found;
    }

    /// <summary>Collects what xunit reports.</summary>
    sealed class Messages : IMessageSink
    {
        internal ManualResetEventSlim Finished { get; } = new();

        internal List<ITestCase> Found { get; } = [];

        internal bool Ran { get; private set; }

        internal string? Failure { get; private set; }

        public bool OnMessage(IMessageSinkMessage message)
        {
            switch (message)
            {
                case ITestCaseDiscoveryMessage discovered:
                    Found.Add(discovered.TestCase);
                    break;
                case ITestFailed failed:
                    Ran = true;
                    Failure ??= $"{failed.Test.DisplayName}: {string.Join(' ', failed.Messages)}";
                    break;
                case ITestPassed or ITestSkipped:
                    Ran = true;
                    break;
                case IErrorMessage error:
                    Failure ??= string.Join(' ', error.Messages);
                    break;
                case IDiscoveryCompleteMessage or ITestAssemblyFinished:
                    Finished.Set();
                    break;
            }
            return true;
        }
    }

    /// <summary>Lets xunit run one test at a time and report before it goes on.</summary>
    sealed class Options : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        readonly Dictionary<string, object?> _values = new()
        {
            ["xunit.execution.DisableParallelization"] = true,
            ["xunit.execution.MaxParallelThreads"] = 1,
            ["xunit.execution.SynchronousMessageReporting"] = true,
            ["xunit.discovery.SynchronousMessageReporting"] = true,
        };

        public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out object? value) ? (TValue)value! : default!;

        public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
    }
}
