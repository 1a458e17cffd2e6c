using System.Collections;
using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;

namespace Farsight.Cli.Output;

/// <summary>Represents a command with many options, whose help has examples and groups of options.</summary>
sealed class GroupedCommand(string name, string description) : Command(name, description)
{
    /// <summary>Gets the options in groups; an option in no group comes last.</summary>
    internal required IReadOnlyList<(string Title, IReadOnlyList<Option> Options)> Groups { get; init; }

    /// <summary>Gets what each example does, and its command line.</summary>
    internal required IReadOnlyList<(string Title, string Line)> Examples { get; init; }
}

/// <summary>Writes the help of commands: that of a <see cref="GroupedCommand"/> in groups, any other in the usual way.</summary>
/// <param name="usual">Writes the help of other commands.</param>
sealed class GroupedHelp(SynchronousCommandLineAction usual) : SynchronousCommandLineAction
{
    const string Indent = "  ", Gap = "  ";

    // The width of the labels; a longer one has its description on the next line of a terminal.
    const int LabelWidth = 34;

    static readonly (string, IReadOnlyList<Option>)[] s_none = [];

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        if (parseResult.CommandResult.Command is not GroupedCommand command)
        {
            return usual.Invoke(parseResult);
        }
        Write(parseResult.InvocationConfiguration.Output, command);
        return 0;
    }

    static void Write(TextWriter output, GroupedCommand command)
    {
        int width = Terminal.Width;
        output.WriteLine("Description:");
        Terminal.WriteWrapped(output, Indent, command.Description!, width);
        output.WriteLine($"\nUsage:\n{Indent}farsight {command.Name} [command] [options]\n\nExamples:");
        foreach ((string title, string line) in command.Examples)
        {
            output.WriteLine($"{Indent}{title}:\n{Indent}{Indent}{line}");
        }
        Option[] rest = [.. command.Options.Except(command.Groups.SelectMany(g => g.Options))];
        (string, IReadOnlyList<Option>)[] groups = [.. command.Groups, .. rest.Length > 0 ? [("Other options", rest)] : s_none];
        foreach ((string title, IReadOnlyList<Option> options) in groups)
        {
            output.WriteLine($"\n{title}:");
            foreach (Option option in options)
            {
                Row(output, Label(option), Text(option), width);
            }
        }
        output.WriteLine("\nCommands:");
        foreach (Command below in command.Subcommands)
        {
            Row(output, below.Name, below.Description!, width);
        }
    }

    static void Row(TextWriter output, string label, string text, int width)
    {
        string start = Indent + label.PadRight(LabelWidth);
        if (label.Length > LabelWidth && width < int.MaxValue)
        {
            output.WriteLine(Indent + label);
            start = Indent + new string(' ', LabelWidth);
        }
        Terminal.WriteWrapped(output, start + Gap, text, width);
    }

    static string Label(Option option)
    {
        string names = string.Join(", ", option.Aliases.Append(option.Name).OrderBy(n => n.Length));
        return option.ValueType != typeof(bool) ? $"{names} <{option.HelpName ?? option.Name.TrimStart('-')}>" : names;
    }

    static string Text(Option option) => option is { HasDefaultValue: true } && option.ValueType != typeof(bool)
        ? $"{option.Description} [default: {Value(option.GetDefaultValue())}]"
        : option.Description ?? "";

    static string Value(object? value) => value is IEnumerable and not string
        ? string.Join('|', ((IEnumerable)value).Cast<object>().Select(Value))
        : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
