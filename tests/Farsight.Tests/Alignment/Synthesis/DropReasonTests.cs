using System.Reflection;
using Farsight.Alignment.Synthesis;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class DropReasonTests
{
    static readonly string[] s_reasons =
    [
        .. typeof(DropReason)
            .GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Where(f => f.IsLiteral && f.Name != nameof(DropReason.OfTurn))
            .Select(f => (string)f.GetRawConstantValue()!),
    ];

    [Fact]
    public void Every_reason_is_one_sentence_with_and_without_turn_before_it()
    {
        Assert.Equal(43, s_reasons.Distinct().Count());
        Assert.All(s_reasons, r =>
        {
            Assert.Matches("^[A-Z].*[;,] .*[.]$", DropReason.Describe(r));
            Assert.Equal(DropReason.Describe(r), DropReason.Describe($"turn_{r}"));
        });
    }

    [Fact]
    public void Every_reason_is_listed_on_the_page_about_synthesis()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/synthesis.md"));
        Assert.All(s_reasons, r => Assert.Contains($"`{r}`", page, StringComparison.Ordinal));
    }
}
