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
    const string NeedsDevice = "--precision needs --device torch-cpu or cuda; the device cpu always computes in F32.";

    internal DeviceOption()
        : base("--device")
    {
        Description = $"Device that computes the model: {DeviceName.Spellings}. All but cpu need the component Farsight.Torch. "
            + "Default: cpu.";
        Precision = new("--precision")
        {
            Description = "Number format of a device's computation: f32 or bf16. Default: bf16 on a GPU, else f32.",
        };
        Precision.AcceptOnlyFromAmong("f32", "bf16");
    }

    /// <summary>The option of the number format.</summary>
    internal Option<string?> Precision { get; }

    /// <summary>Whether another device than the default, or a number format, was asked for.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="ofRecipe">Device that the recipe names; the option wins.</param>
    internal bool IsGiven(ParseResult parse, string? ofRecipe = null) =>
        NameOf(parse, ofRecipe) is not (null or DeviceName.Cpu) || parse.GetValue(Precision) is not null;

    /// <summary>Returns the device of the option, or else of the recipe; null if none of them names one.</summary>
    internal string? NameOf(ParseResult parse, string? ofRecipe) => parse.GetValue(this) ?? ofRecipe;

    /// <summary>Returns the name of a device and its number format without opening it.</summary>
    /// <exception cref="InputException">The device is unknown, or it is the engine of this program.</exception>
    internal (string Device, NumberFormat Format) Planned(ParseResult parse, string? ofRecipe)
    {
        string device = NameOf(parse, ofRecipe) ?? DeviceName.Cpu;
        if (device == DeviceName.Cpu)
        {
            throw new InputException(NeedsDevice);
        }
        TorchComponent.RequireKnown(device);
        string? given = parse.GetValue(Precision);
        return (device, given == "f32" || (given is null && device == DeviceName.TorchCpu) ? NumberFormat.F32 : NumberFormat.BF16);
    }

    /// <summary>Opens the device; null for the engine of this program.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="ofRecipe">Device that the recipe names; the option wins.</param>
    /// <param name="ranks">The ranks; each opens another GPU of its host if none is chosen by number.</param>
    /// <exception cref="InputException">The device is unknown or absent, or the component is not installed.</exception>
    internal IModelBackend? Open(ParseResult parse, string? ofRecipe, Communicator ranks)
    {
        string device = NameOf(parse, ofRecipe) ?? DeviceName.Cpu;
        NumberFormat? format = parse.GetValue(Precision) switch
        {
            "f32" => NumberFormat.F32,
            "bf16" => NumberFormat.BF16,
            _ => null,
        };
        if (device != DeviceName.Cpu)
        {
            return TorchComponent.Open(device, format, ranks.LocalRank);
        }
        return format is null
            ? null
            : throw new InputException(NeedsDevice);
    }

    /// <summary>Lets a device answer for a model; null and no change for the engine of this program.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="model">The model, which the caller disposes after the result.</param>
    /// <param name="usesMethod">Whether a context method reads the prompts.</param>
    /// <param name="ranks">As in <see cref="Open"/>.</param>
    /// <exception cref="InputException">As <see cref="Open"/>, or the device cannot compute the model.</exception>
    internal IDeviceModel? Attach(ParseResult parse, LoadedModel model, bool usesMethod, Communicator ranks)
    {
        if (Open(parse, null, ranks) is not { } backend)
        {
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
