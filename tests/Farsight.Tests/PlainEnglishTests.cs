using System.Text.RegularExpressions;

namespace Farsight.Tests;

/// <summary>
/// Scans documents, messages, comments, schemas, recipes and scripts for wording that plain technical English avoids. HelpTests scans the
/// help of the command line.
/// </summary>
public sealed partial class PlainEnglishTests
{
    /// <summary>Files whose literals are data or are written for a model, where a change would change results.</summary>
    static readonly string[] s_textsForModels =
    [
        "Abbreviations.cs", "FictionWorld.cs", "InfiniteBenchTasks.cs", "LongPoInstructions.cs", "ModelEntities.cs", "NeedleMaker.cs",
        "NeedleQuestions.cs", "QuestionPhrases.cs", "StopWords.cs",
    ];

    static readonly string[] s_code = [.. Files("src", "*.cs"), .. Files("bench", "*.cs"), .. Files("samples", "*.cs")];

    static readonly string[] s_scripts =
        [Path.Combine(Repository.Root, ".ci", "run"), .. Files("tools", "*").Where(f => Path.GetExtension(f).Length == 0)];

    public static TheoryData<string> Documents =>
        [.. Directory.GetFiles(Repository.Root, "*.md").Concat(Files("docs", "*.md")).Concat(Files("src", "*.md"))
            .Select(Name).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Documents))]
    public void A_document_uses_plain_technical_English(string document)
    {
        string prose = Code().Replace(File.ReadAllText(Path.Combine(Repository.Root, document)).ReplaceLineEndings("\n"), "code");

        Assert.Empty(EnglishPatterns.InProse(prose));
    }

    [Fact]
    public void Messages_use_plain_technical_English()
    {
        string[] files = [.. s_code.Where(f => !s_textsForModels.Contains(Path.GetFileName(f)))];

        Assert.True(files.Length > 500, $"only {files.Length} files were read");
        RequireNone(Problems(files, SourceProse.Messages, EnglishPatterns.InProse));
    }

    [Fact]
    public void Comments_of_the_code_use_plain_technical_English() =>
        RequireNone(Problems(s_code, SourceProse.Comments, EnglishPatterns.InComments));

    [Fact]
    public void Descriptions_in_schemas_use_plain_technical_English_and_no_names_of_the_code() =>
        Assert.Empty(Problems(Files("schemas", "*.json"), SourceProse.Descriptions, EnglishPatterns.InSchema));

    [Fact]
    public void Recipes_use_plain_technical_English() => Assert.Empty(
        Problems(Files("recipes", "*.jsonc"), s => SourceProse.Comments(s, "//") + SourceProse.Messages(s), EnglishPatterns.InProse));

    [Fact]
    public void Scripts_use_plain_technical_English() => Assert.Empty(
        Problems(s_scripts, s => SourceProse.Comments(s, "#") + SourceProse.ShellMessages(s), EnglishPatterns.InComments)
            .Concat(Problems(Files("tools", "*.mjs"), s => SourceProse.Comments(s, "//"), EnglishPatterns.InComments)));

    [Theory]
    [InlineData("Of a dataset: write it. Nobody is told so.", 4)]
    [InlineData("npm is missing, and the script says so.", 1)]
    [InlineData("The file is there, so it is read anew.", 2)]
    [InlineData("The behaviour of synthesised data.", 2)]
    [InlineData("The behavior of synthesized data.", 0)]
    [InlineData("There is a file.", 0)]
    public void The_patterns_find_the_wording_that_they_are_for(string text, int count) =>
        Assert.Equal(count, EnglishPatterns.InProse(text).Count());

    [Fact]
    public void Messages_are_found_in_every_kind_of_literal() => Assert.Equal(
        "\n- b d\n- a . c\n- say \"e f\"\n- { g } .\n- h \"i\"",
        SourceProse.Messages(""""
            // "no message"
            Line('"', $"a {(x ? "b d" : "y")} c", @"say ""e f""", $"{{ g }} {z:0.0}", "h \"i\"");
            """"));

    [Fact]
    public void Comments_are_found_by_element_and_behind_code() => Assert.Equal(
        "\n- Reads code now.\n- Of the file.\n- because it is small",
        SourceProse.Comments("""
            /// <summary>Reads
            /// <see cref="File"/> now.</summary>
            /// <param name="path">Of the file.</param>
            void Read(string path) // because it is small
            """));

    [Fact]
    public void A_schema_that_names_a_type_is_found() =>
        Assert.Single(EnglishPatterns.InSchema("\n- Folder or file, see DocumentReader."));

    /// <summary>Fails with all problems, not with the first few.</summary>
    static void RequireNone(IEnumerable<string> problems)
    {
        string[] all = [.. problems];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }

    static IEnumerable<string> Problems(
        IEnumerable<string> files, Func<string, string> prose, Func<string, IEnumerable<string>> find) =>
        from file in files
        from problem in find(prose(File.ReadAllText(file)))
        select $"{Name(file)}: {problem}";

    static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), pattern, SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    static string Name(string file) => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');

    /// <summary>Code blocks and code in a line.</summary>
    [GeneratedRegex("^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
