using System.Globalization;
using Farsight.Engine.Numerics;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: TestCollectionOrderer("Farsight.Tests.Support.TestOrder", "Farsight.Tests")]
[assembly: TestCaseOrderer("Farsight.Tests.Support.TestOrder", "Farsight.Tests")]

namespace Farsight.Tests.Support;

/// <summary>Orders classes and their tests by FARSIGHT_TEST_SEED, so that a test that needs another one before it fails.</summary>
public sealed class TestOrder : ITestCollectionOrderer, ITestCaseOrderer
{
    static readonly int s_seed = int.Parse(
        Environment.GetEnvironmentVariable("FARSIGHT_TEST_SEED") is { Length: > 0 } seed ? seed : "0", CultureInfo.InvariantCulture);

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(c => Rank(c.DisplayName));

    public IEnumerable<T> OrderTestCases<T>(IEnumerable<T> testCases)
        where T : ITestCase => testCases.OrderBy(t => Rank(t.DisplayName));

    /// <summary>A number that depends on the name and the seed only, so that an order can be repeated.</summary>
    static ulong Rank(string name) => SeededRandom.For(s_seed, name, 0).NextUInt64();
}
