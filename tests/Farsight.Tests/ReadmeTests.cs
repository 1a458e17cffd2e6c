using Farsight.Cli;

namespace Farsight.Tests;

/// <summary>The README's commands, held against the real command line. What they compute has tests of its own.</summary>
public sealed class ReadmeTests
{
    const string FromSource = "dotnet run -c Release --project src/Farsight.Cli -- ";

    static readonly IReadOnlyList<string> s_commands = Markdown.Commands(Read("README.md"));

    /// <summary>What is typed after "farsight", for every command of ours.</summary>
    static readonly string[] s_ours =
    [
        .. s_commands.Where(c => c.StartsWith("farsight ", StringComparison.Ordinal)).Select(c => c["farsight ".Length..]),
        .. s_commands.Where(c => c.StartsWith(FromSource, StringComparison.Ordinal)).Select(c => c[FromSource.Length..]),
    ];

    [Fact]
    public void Every_command_parses()
    {
        string[] wrong =
        [
            .. from command in s_ours
               from error in Program.Parse(Words(command)).Errors
               select $"farsight {command}: {error.Message}",
        ];
        Assert.NotEmpty(s_ours);
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_recipe_that_a_command_names_exists()
    {
        string[] recipes = [.. s_ours.SelectMany(Words).Where(word => word.StartsWith("recipes/", StringComparison.Ordinal))];

        Assert.NotEmpty(recipes);
        Assert.DoesNotContain(recipes, recipe => !File.Exists(At(recipe)));
    }

    [Fact]
    public void The_first_command_is_the_demo() => Assert.StartsWith(FromSource + "demo ", s_commands[0], StringComparison.Ordinal);

    [Fact]
    public void Every_command_of_the_program_is_shown_in_the_README_or_the_docs()
    {
        string[] shown =
        [
            .. s_ours.Select(c => Words(c)[0]),
            .. from page in Directory.GetFiles(At("docs"), "*.md")
               from command in Markdown.Commands(File.ReadAllText(page).ReplaceLineEndings("\n"))
               where command.Contains("farsight ", StringComparison.Ordinal)
               select Words(command[(command.IndexOf("farsight ", StringComparison.Ordinal) + "farsight ".Length)..])[0],
        ];

        Assert.Empty(Program.Root.Subcommands.Select(c => c.Name).Except(shown));
    }

    [Fact]
    public void The_test_command_is_the_one_that_CI_runs()
    {
        string command = s_commands.First(c => c.StartsWith("dotnet test", StringComparison.Ordinal));

        Assert.Contains($" {command}\n", Read(".ci/run"), StringComparison.Ordinal);
    }

    static string[] Words(string command) => command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    static string At(string path) => Path.Combine(Repository.Root, path);

    static string Read(string path) => File.ReadAllText(At(path)).ReplaceLineEndings("\n");
}
