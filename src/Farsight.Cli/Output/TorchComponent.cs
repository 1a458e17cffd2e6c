using System.Reflection;
using Farsight.Alignment.Training;
using Farsight.Engine;
using Farsight.Engine.Numerics;

namespace Farsight.Cli.Output;

/// <summary>Loads the component Farsight.Torch, which lies beside this program if it was published with it.</summary>
static class TorchComponent
{
    internal const string NotInstalled = "component not installed; needed only to compute on a GPU";

    const string Name = "Farsight.Torch", Backend = "Farsight.Torch.TorchBackend";

    /// <summary>Opens a device.</summary>
    /// <param name="device">Name of the device: "torch-cpu", "cuda", "cuda:1".</param>
    /// <param name="format">Number format of the computation; null for the device's own.</param>
    /// <param name="localRank">Number of this process among those of its host, which chooses a GPU if the name has no number.</param>
    /// <exception cref="InputException">The component is not installed, or the device cannot be used.</exception>
    internal static IModelBackend Open(string device, NumberFormat? format, int localRank)
    {
        RequireKnown(device);
        Assembly component = Load() ?? throw new InputException(
            $"The device {device} needs the component {Name}, which is not installed; publish Farsight with it: "
            + $"'dotnet publish src/Farsight.Cli -p:Torch={(device == DeviceName.TorchCpu ? "cpu" : "cuda")}' (docs/gpu.md).");
        return (IModelBackend)Activator.CreateInstance(
            component.GetType(Backend, throwOnError: true)!,
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.DoNotWrapExceptions,
            binder: null,
            [device, format, localRank],
            culture: null)!;
    }

    /// <summary>Refuses the name of a device that the component does not have.</summary>
    /// <exception cref="InputException">The name is unknown.</exception>
    internal static void RequireKnown(string device)
    {
        if (!DeviceName.IsKnown(device))
        {
            throw new InputException($"The device '{device}' is unknown; use {DeviceName.Spellings}.");
        }
    }

    /// <summary>Describes the component for people: its version, or why it cannot be used.</summary>
    internal static string Describe()
    {
        if (Load() is null)
        {
            return NotInstalled;
        }
        try
        {
            return Open(DeviceName.TorchCpu, null, localRank: 0).Description;
        }
        catch (InputException e)
        {
            return e.Message;
        }
    }

    static Assembly? Load()
    {
        try
        {
            return Assembly.Load(Name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
