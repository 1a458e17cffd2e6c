using System.CommandLine;
using System.CommandLine.Parsing;

namespace Farsight.Cli.Output;

/// <summary>
/// The command line as it was typed, for records: with quotes where a shell needs them. Keys are never on it: they are named by variables.
/// </summary>
static class TypedCommand
{
    /// <param name="parse">The command line.</param>
    /// <param name="left">Options that change no numbers; they are left out, so that the records of two such runs are the same.</param>
    internal static string Of(ParseResult parse, IReadOnlyList<Option> left)
    {
        HashSet<Token> without = new(
            left.Select(parse.GetResult).OfType<OptionResult>().SelectMany(r => r.Tokens.Append(r.IdentifierToken)).OfType<Token>(),
            ReferenceEqualityComparer.Instance);
        return string.Join(' ', parse.Tokens.Where(t => !without.Contains(t)).Select(t => Quoted(t.Value)).Prepend("farsight"));
    }

    static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
