using System.Globalization;

namespace Farsight.Engine.Inference.Context;

/// <summary>Describes a method that reads long contexts without training: its name, its source and its options.</summary>
/// <param name="Name">Name in commands and recipes: "gemfilter".</param>
/// <param name="Title">Name in the literature.</param>
/// <param name="Source">Paper: "arXiv:2409.17422".</param>
/// <param name="Options">Numeric options, in the order of the help.</param>
public sealed record MethodCard(string Name, string Title, string Source, IReadOnlyList<MethodOption> Options)
{
    /// <summary>Parses options and fills in the defaults.</summary>
    /// <param name="text">"keep=1024,layer=8"; empty for the defaults.</param>
    /// <exception cref="InputException">An option is unknown, given twice, not a number or out of range.</exception>
    public MethodValues Parse(string text)
    {
        Dictionary<string, double> given = new(StringComparer.Ordinal);
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] sides = part.Split('=', 2, StringSplitOptions.TrimEntries);
            MethodOption option = Options.FirstOrDefault(o => o.Name == sides[0]) ?? throw Unknown(sides[0]);
            if (sides.Length < 2
                || !double.TryParse(sides[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                || !option.Accepts(value))
            {
                throw new InputException(
                    $"Context method {Name}: '{VisibleText.Of(part)}' is not valid; {option.Name} takes {option.Range}. "
                        + $"It sets: {option.Summary}.");
            }
            if (!given.TryAdd(option.Name, value))
            {
                throw new InputException($"Context method {Name}: the option {option.Name} is given twice; give it once.");
            }
        }
        return new(this, given);
    }

    InputException Unknown(string name)
    {
        string? near = Suggestion.Nearest(name, Options.Select(o => o.Name));
        return new(
            $"Context method {Name} ({Title}, {Source}): the option '{VisibleText.Of(name)}' is unknown. "
            + $"{(near is null ? "" : $"Did you mean '{near}'? ")}"
            + $"Options: {string.Join(", ", Options.Select(o => o.Name))}.");
    }
}

/// <summary>Describes a numeric option of a method.</summary>
/// <param name="Name">Name in commands and recipes: "keep".</param>
/// <param name="Summary">What it sets, with its unit and the meaning of a special value.</param>
/// <param name="Default">Default value.</param>
/// <param name="Minimum">Smallest value.</param>
/// <param name="Maximum">Largest value.</param>
/// <param name="IsWhole">Whether only whole numbers are valid.</param>
public sealed record MethodOption(string Name, string Summary, double Default, double Minimum, double Maximum, bool IsWhole = true)
{
    /// <summary>The maximum of options that count tokens, beyond any context.</summary>
    public const int MaxTokens = 1 << 24;

    /// <summary>The valid values: "a whole number from 1 to 16".</summary>
    public string Range => string.Create(
        CultureInfo.InvariantCulture, $"{(IsWhole ? "a whole number" : "a number")} from {Minimum} to {Maximum}");

    internal bool Accepts(double value) => value >= Minimum && value <= Maximum && (!IsWhole || value == Math.Floor(value));
}

/// <summary>Holds the values of a method's options.</summary>
public sealed class MethodValues
{
    readonly MethodCard _card;
    readonly IReadOnlyDictionary<string, double> _given;

    internal MethodValues(MethodCard card, IReadOnlyDictionary<string, double> given) => (_card, _given) = (card, given);

    /// <summary>Returns the value of an option: the given one, or the default.</summary>
    public double this[string option] =>
        _given.TryGetValue(option, out double value) ? value : _card.Options.First(o => o.Name == option).Default;

    /// <summary>Returns the value of an option of whole numbers.</summary>
    public int Whole(string option) => (int)this[option];

    /// <summary>Returns the method with the values of all options, as records state it: "gemfilter:layer=2,keep=1024".</summary>
    public override string ToString() =>
        $"{_card.Name}:{string.Join(',', _card.Options.Select(o => FormattableString.Invariant($"{o.Name}={this[o.Name]}")))}";
}

/// <summary>Represents a method of a list: its description, and how it is created.</summary>
/// <typeparam name="T">Type of the methods of the list.</typeparam>
/// <param name="Card">The description.</param>
/// <param name="Create">Creates the method from the values of its options.</param>
public sealed record MethodKind<T>(MethodCard Card, Func<MethodValues, T> Create);
