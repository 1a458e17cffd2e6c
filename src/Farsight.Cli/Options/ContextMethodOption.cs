using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Answering.Context;
using Farsight.Engine.Inference.Context;

namespace Farsight.Cli.Options;

/// <summary>Represents <c>--context-method</c>, the same for every command that asks a model.</summary>
sealed class ContextMethodOption : Option<string?>
{
    internal ContextMethodOption()
        : base("--context-method")
    {
        HelpName = "NAME[:OPTION=VALUE,…]";
        Description = "Method that reads long contexts without training, with options and their defaults: "
            + $"{string.Join(", ", ContextMethod.All.Select(Text))}. Default: none.";
    }

    /// <summary>Returns the method; null where the option was not given.</summary>
    /// <exception cref="Engine.InputException">The name or an option is not valid.</exception>
    internal ContextMethod? Of(ParseResult parse) => parse.GetValue(this) is { } text ? ContextMethod.Parse(text) : null;

    static string Text(MethodCard card) =>
        $"{card.Name} ({string.Join(' ', card.Options.Select(o => string.Create(CultureInfo.InvariantCulture, $"{o.Name}={o.Default}")))})";
}
