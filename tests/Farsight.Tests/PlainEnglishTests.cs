using System.Text.RegularExpressions;

namespace Farsight.Tests;

/// <summary>Scans the documents for wording that plain technical English avoids. HelpTests scans the help of the command line.</summary>
public sealed partial class PlainEnglishTests
{
    public static TheoryData<string> Documents =>
        [.. Directory.GetFiles(Repository.Root, "*.md")
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md"))
            .Select(f => Path.GetRelativePath(Repository.Root, f))
            .Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Documents))]
    public void A_document_uses_plain_technical_English(string document)
    {
        string prose = Code().Replace(File.ReadAllText(Path.Combine(Repository.Root, document)).ReplaceLineEndings("\n"), "code");

        Assert.Empty(EnglishPatterns.InProse(prose));
    }

    [Fact]
    public void The_patterns_find_the_wording_that_they_are_for() =>
        Assert.Equal(4, EnglishPatterns.InProse("Of a dataset: write it. Nobody is told so.").Count());

    /// <summary>Code blocks and code in a line.</summary>
    [GeneratedRegex("^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
