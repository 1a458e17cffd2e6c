using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Training;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Communication;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Options;

/// <summary>Represents <c>--device</c> and <c>--precision</c>: the device that computes the passes of a model.</summary>
sealed class DeviceOption : Option<string?>
{
    /// <summary>Creates the options.</summary>
    /// <param name="infers">Whether the command only reads with the model; see <see cref="PrecisionOption"/>.</param>
    internal DeviceOption(bool infers = false)
        : base("--device")
    {
        Description = $"Device that computes the model: {DeviceName.Spellings}. All but cpu need the component Farsight.Torch. "
            + "Default: cpu.";
        Precision = new(infers, "bf16 on a GPU, else f32");
    }

    /// <summary>How products are computed.</summary>
    internal PrecisionOption Precision { get; }

    /// <summary>Whether another device than the default was asked for.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="ofRecipe">Device that the recipe names; the option wins.</param>
    internal bool IsGiven(ParseResult parse, string? ofRecipe = null) =>
        NameOf(parse, ofRecipe) is not (null or DeviceName.Cpu);

    /// <summary>Returns the device of the option, or else of the recipe; null if none of them names one.</summary>
    internal string? NameOf(ParseResult parse, string? ofRecipe) => parse.GetValue(this) ?? ofRecipe;

    /// <summary>
    /// Returns the arithmetic of a recipe with the option, which wins. That of another device than cpu is not part of a recipe without
    /// one, so that a run may be resumed on another device.
    /// </summary>
    internal Arithmetic? PrecisionOf(ParseResult parse, string? ofRecipe, Arithmetic? precision) =>
        IsGiven(parse, ofRecipe) && precision is null ? null : Precision.Of(parse) ?? precision;

    /// <summary>Returns the name of a device other than cpu and its number format without opening it.</summary>
    /// <exception cref="InputException">The device is unknown.</exception>
    internal (string Device, NumberFormat Format) Planned(ParseResult parse, string? ofRecipe, Arithmetic? precision)
    {
        string device = NameOf(parse, ofRecipe)!;
        TorchComponent.RequireKnown(device);
        return (device, FormatOf(parse, precision) ?? (device == DeviceName.TorchCpu ? NumberFormat.F32 : NumberFormat.BF16));
    }

    /// <summary>Opens the device; null for the engine of this program.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="ofRecipe">Device that the recipe names; the option wins.</param>
    /// <param name="precision">Arithmetic that the recipe names; the option wins.</param>
    /// <param name="ranks">The ranks; each opens another GPU of its host if none is chosen by number.</param>
    /// <exception cref="InputException">The device is unknown or absent, or the component is not installed.</exception>
    internal IModelBackend? Open(ParseResult parse, string? ofRecipe, Arithmetic? precision, Communicator ranks) =>
        IsGiven(parse, ofRecipe) ? TorchComponent.Open(NameOf(parse, ofRecipe)!, FormatOf(parse, precision), ranks.LocalRank) : null;

    NumberFormat? FormatOf(ParseResult parse, Arithmetic? ofRecipe) => Precision.FormatOf(parse) ?? ofRecipe switch
    {
        Arithmetic.F32 => NumberFormat.F32,
        Arithmetic.BF16 => NumberFormat.BF16,
        _ => null,
    };

    /// <summary>Lets a device answer for a model; null, and the arithmetic is set, for the engine of this program.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="model">The model, which the caller disposes after the result.</param>
    /// <param name="usesMethod">Whether a context method reads the prompts.</param>
    /// <param name="ranks">As in <see cref="Open"/>.</param>
    /// <exception cref="InputException">As <see cref="Open"/>, or the device cannot compute the model.</exception>
    internal IDeviceModel? Attach(ParseResult parse, LoadedModel model, bool usesMethod, Communicator ranks)
    {
        if (Open(parse, null, null, ranks) is not { } backend)
        {
            Precision.Apply(parse, model);
            return null;
        }
        if (usesMethod)
        {
            throw new InputException("--context-method needs --device cpu.");
        }
        IDeviceModel device = backend.Load(model.Model, null, null);
        model.LanguageModel.Device = device;
        return device;
    }
}
