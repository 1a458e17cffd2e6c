using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Farsight.Cli.Options;

/// <summary>Represents <c>--memory</c>, the memory that training may use, as in 16GiB.</summary>
sealed class MemoryOption : Option<long?>
{
    static readonly (string Unit, long Bytes)[] s_units =
    [
        ("KiB", 1L << 10),
        ("MiB", 1L << 20),
        ("GiB", 1L << 30),
        ("TiB", 1L << 40),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];

    internal MemoryOption()
        : base("--memory")
    {
        Description = "Memory limit for training, as in 16GiB. Training uses the fastest plan that fits. Default: the machine's memory.";
        CustomParser = Parse;
    }

    static long? Parse(ArgumentResult result)
    {
        string text = result.Tokens.Single().Value;
        (string unit, long bytes) = s_units.FirstOrDefault(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        if (
            unit is not null
            && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count)
            && count > 0
            && count * bytes < long.MaxValue)
        {
            return (long)(count * bytes);
        }
        result.AddError($"--memory: '{text}' is not an amount of memory. Write a number and a unit, as in 16GiB or 900MiB.");
        return null;
    }
}
