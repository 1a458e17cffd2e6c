using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Farsight.Cli.Options;

/// <summary>Represents a number of bytes with its unit, as in 16GiB or 5GB.</summary>
sealed class SizeOption : Option<long?>
{
    static readonly (string Unit, long Bytes)[] s_units =
    [
        ("KiB", 1L << 10),
        ("MiB", 1L << 20),
        ("GiB", 1L << 30),
        ("TiB", 1L << 40),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];

    internal SizeOption(string name, string description)
        : base(name)
    {
        Description = description;
        CustomParser = Parse;
    }

    /// <summary>Returns a new <c>--memory</c>, the memory that training may use.</summary>
    /// <param name="hasDevice">Whether the command has <c>--device</c>.</param>
    internal static SizeOption Memory(bool hasDevice = false) => new(
        "--memory",
        "Memory limit for training, as in 16GiB. Training uses the fastest plan that fits. Default: the machine's memory."
            + (hasDevice ? " With --device, the memory of the device." : ""));

    long? Parse(ArgumentResult result)
    {
        string text = result.Tokens.Single().Value;
        (string unit, long bytes) = s_units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        if (
            unit is not null
            && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count)
            && count * bytes is >= 1 and < long.MaxValue)
        {
            return (long)(count * bytes);
        }
        result.AddError($"{Name}: '{text}' is not a size. Write a number and a unit, as in 16GiB or 900MB.");
        return null;
    }
}
