using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Options;

/// <summary>Represents <c>--precision</c>: how the products of a model are computed.</summary>
sealed class PrecisionOption : Option<string?>
{
    readonly Dictionary<string, Arithmetic> _values = new(StringComparer.Ordinal) { ["f32"] = Arithmetic.F32, ["bf16"] = Arithmetic.BF16 };

    /// <summary>Creates the option.</summary>
    /// <param name="infers">Whether the command only reads with the model, so that activations may have 8 bits.</param>
    /// <param name="fallback">Arithmetic without the option, for the description.</param>
    internal PrecisionOption(bool infers, string fallback = "f32")
        : base("--precision")
    {
        if (infers)
        {
            _values["q8"] = Arithmetic.Q8;
        }
        Description = "Arithmetic of products: f32, or bf16 with F32 sums"
            + (infers ? ", or q8 (8-bit activations; matrices stored as Q8_0 or Q4_0)" : "") + $". Default: {fallback}.";
        AcceptOnlyFromAmong([.. _values.Keys]);
    }

    /// <summary>Returns the arithmetic; null if the option is not given.</summary>
    internal Arithmetic? Of(ParseResult parse) => parse.GetValue(this) is { } name ? _values[name] : null;

    /// <summary>Sets the arithmetic of a model that the engine of this program computes.</summary>
    internal void Apply(ParseResult parse, LoadedModel model)
    {
        if (Of(parse) is { } arithmetic)
        {
            model.Use(arithmetic, Console.Error.WriteLine);
        }
    }

    /// <summary>Returns the number format of a device's computation; null if the option is not given.</summary>
    /// <exception cref="InputException">Devices do not have this arithmetic.</exception>
    internal NumberFormat? FormatOf(ParseResult parse) => Of(parse) switch
    {
        null => null,
        Arithmetic.F32 => NumberFormat.F32,
        Arithmetic.BF16 => NumberFormat.BF16,
        _ => throw new InputException($"{Name} {parse.GetValue(this)} needs --device cpu; other devices compute in f32 or bf16."),
    };
}
