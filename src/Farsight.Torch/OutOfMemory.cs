using System.Runtime.InteropServices;
using Farsight.Engine;

namespace Farsight.Torch;

/// <summary>Turns the errors of libtorch's allocators into errors for the user.</summary>
static class OutOfMemory
{
    static readonly string[] s_messages = ["out of memory", "can't allocate memory"];

    /// <summary>Runs a computation.</summary>
    /// <exception cref="InputException">The device has no memory left.</exception>
    internal static T Guard<T>(string device, Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (ExternalException e) when (s_messages.Any(m => e.Message.Contains(m, StringComparison.OrdinalIgnoreCase)))
        {
            throw new InputException(
                $"The memory of the device {device} is exhausted. "
                    + "Lower micro_batch_tokens, use shorter samples, or set weights to bf16.", e);
        }
    }

    /// <inheritdoc cref="Guard{T}(string, Func{T})"/>
    internal static void Guard(string device, Action compute) => Guard(device, () =>
    {
        compute();
        return true;
    });
}
