using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using Farsight.Cli;

namespace Farsight.Tests.Cli;

public sealed partial class HelpTests
{
    /// <summary>The words with which a description explains a missing value.</summary>
    static readonly string[] s_explanations = ["Default:", "Repeatable", "Required"];

    static readonly (string Name, Command Command)[] s_commands = [.. Below(Program.Root, "farsight")];

    [Fact]
    public void Every_command_description_starts_with_a_verb_and_is_plain_English() => Assert.Empty(
        from command in s_commands
        from problem in EnglishPatterns.InCommand(command.Command.Description ?? "")
        select $"{command.Name}: {problem}");

    [Fact]
    public void Every_option_and_argument_description_is_plain_English() => Assert.Empty(
        from command in s_commands
        from symbol in OptionsOf(command.Command).Concat<Symbol>(command.Command.Arguments)
        from problem in EnglishPatterns.InHelp(symbol.Description ?? "")
        select $"{command.Name} {symbol.Name}: {problem}");

    [Fact]
    public async Task The_help_of_every_command_has_exit_code_0_also_without_its_required_arguments()
    {
        List<string> wrong = [];
        foreach ((string name, _) in s_commands)
        {
            (int code, _, string error) = await CommandLine.Run([.. name.Split(' ')[1..], "--help"]);
            wrong.AddRange(code == 0 && error.Length == 0 ? [] : [$"{name}: {code} {error}"]);
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Values_of_options_are_in_lower_case() => Assert.Empty(
        from command in s_commands
        from line in HelpOf(command.Name)
        where CapitalizedValue().IsMatch(line)
        select $"{command.Name}: {line.Trim()}");

    [Fact]
    public void Every_option_shows_its_default_once() => Assert.Empty(
        from command in s_commands
        let page = HelpOf(command.Name)
        from option in OptionsOf(command.Command).Where(o => o.HasDefaultValue && o.ValueType != typeof(bool))
        let row = page.First(l => l.TrimStart().Split([' ', ','])[0] == option.Name) // other names of the option follow
        where !row.Contains("[default: ", StringComparison.Ordinal) || row.Contains("Default:", StringComparison.Ordinal)
        select $"{command.Name} {option.Name}: {row.Trim()}");

    [Fact]
    public void Every_optional_value_without_a_fixed_default_says_what_applies_without_it() => Assert.Empty(
        from command in s_commands
        from option in OptionsOf(command.Command)
        where option is { Required: false, HasDefaultValue: false } && option.ValueType != typeof(bool)
        where !s_explanations.Any(w => option.Description!.Contains(w, StringComparison.Ordinal))
        select $"{command.Name} {option.Name}: {option.Description}");

    [Theory]
    [InlineData("Most tokens of an answer.", true)]
    [InlineData("Of the rejected responses.", true)]
    [InlineData("What is asked.", true)]
    [InlineData("It reads 3 documents a second.", true)]
    [InlineData("The user is told at once.", true)]
    [InlineData("Maximum tokens per answer.", false)]
    [InlineData("It uses most of the time, as the paper said.", false)]
    public void Patterns_find_what_they_are_meant_for(string text, bool isFound) =>
        Assert.Equal(isFound, EnglishPatterns.InProse(text).Any());

    [Fact]
    public void A_command_description_without_a_verb_is_found()
    {
        Assert.NotEmpty(EnglishPatterns.InCommand("Preferred answers from a chunk."));
        Assert.Empty(EnglishPatterns.InCommand("Train a LoRA adapter from a recipe."));
    }

    static IEnumerable<(string, Command)> Below(Command command, string name) =>
        command.Subcommands.SelectMany(c => Below(c, $"{name} {c.Name}")).Prepend((name, command));

    /// <summary>The options of a command that are ours.</summary>
    static IEnumerable<Option> OptionsOf(Command command) => command.Options.Where(o => o is not (HelpOption or VersionOption));

    /// <summary>The lines of a help page.</summary>
    static string[] HelpOf(string name)
    {
        StringWriter output = new();
        Program.Parse([.. name.Split(' ')[1..], "--help"]).Invoke(new() { Output = output });
        return output.ToString().Split('\n');
    }

    [GeneratedRegex("<[A-Z][a-z]+[|>]")]
    private static partial Regex CapitalizedValue();
}
