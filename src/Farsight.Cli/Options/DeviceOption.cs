using System.CommandLine;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Training;
using Farsight.Cli.Output;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Options;

/// <summary>Represents <c>--device</c> and <c>--precision</c>: the device that computes the passes of a model.</summary>
sealed class DeviceOption : Option<string>
{
    // The engine of this program.
    const string Cpu = "cpu";

    const string NeedsDevice = "--precision needs --device torch-cpu or cuda; the device cpu always computes in F32.";

    internal DeviceOption()
        : base("--device")
    {
        Description = "Device that computes the model: cpu, torch-cpu, cuda or cuda:1. All but cpu need the component "
            + "Farsight.Torch.";
        DefaultValueFactory = _ => Cpu;
        Precision = new("--precision")
        {
            Description = "Number format of a device's computation: f32 or bf16. Default: bf16 on a GPU, else f32.",
        };
        Precision.AcceptOnlyFromAmong("f32", "bf16");
    }

    /// <summary>The option of the number format.</summary>
    internal Option<string?> Precision { get; }

    /// <summary>Whether another device than the default, or a number format, was asked for.</summary>
    internal bool IsGiven(ParseResult parse) => parse.GetValue(this) != Cpu || parse.GetValue(Precision) is not null;

    /// <summary>Returns the name of a device and its number format without opening it.</summary>
    /// <exception cref="InputException">The device is unknown, or it is the engine of this program.</exception>
    internal (string Device, NumberFormat Format) Planned(ParseResult parse)
    {
        string device = parse.GetValue(this)!;
        if (device == Cpu)
        {
            throw new InputException(NeedsDevice);
        }
        TorchComponent.RequireKnown(device);
        string? given = parse.GetValue(Precision);
        return (device, given == "f32" || (given is null && device == TorchComponent.Cpu) ? NumberFormat.F32 : NumberFormat.BF16);
    }

    /// <summary>Opens the device; null for the engine of this program.</summary>
    /// <exception cref="InputException">The device is unknown or absent, or the component is not installed.</exception>
    internal IModelBackend? Open(ParseResult parse)
    {
        string device = parse.GetValue(this)!;
        NumberFormat? format = parse.GetValue(Precision) switch
        {
            "f32" => NumberFormat.F32,
            "bf16" => NumberFormat.BF16,
            _ => null,
        };
        if (device != Cpu)
        {
            return TorchComponent.Open(device, format);
        }
        return format is null
            ? null
            : throw new InputException(NeedsDevice);
    }

    /// <summary>Lets a device answer for a model; null and no change for the engine of this program.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="model">The model, which the caller disposes after the result.</param>
    /// <param name="usesMethod">Whether a context method reads the prompts.</param>
    /// <exception cref="InputException">As <see cref="Open"/>, or the device cannot compute the model.</exception>
    internal IDeviceModel? Attach(ParseResult parse, LoadedModel model, bool usesMethod)
    {
        if (Open(parse) is not { } backend)
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
