using System.CommandLine;
using System.CommandLine.Parsing;

namespace Farsight.Cli.Output;

/// <summary>Formats the command line for records, quoted for a shell. It contains no API keys, only the names of their variables.</summary>
static class TypedCommand
{
    /// <param name="parse">The command line.</param>
    /// <param name="omitted">Options that do not affect results. Without them, equal runs have equal records.</param>
    internal static string Of(ParseResult parse, IReadOnlyList<Option> omitted)
    {
        HashSet<Token> without = new(
            omitted.Select(parse.GetResult).OfType<OptionResult>().SelectMany(r => r.Tokens.Append(r.IdentifierToken)).OfType<Token>(),
            ReferenceEqualityComparer.Instance);
        return string.Join(' ', parse.Tokens.Where(t => !without.Contains(t)).Select(t => Quoted(t.Value)).Prepend("farsight"));
    }

    /// <summary>Formats a command line of the program from its words.</summary>
    internal static string Of(params IEnumerable<string> words) => string.Join(' ', words.Select(Quoted).Prepend("farsight"));

    internal static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
