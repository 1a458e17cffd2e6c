namespace Farsight.Engine.Kernels.Assembled;

/// <summary>Says once for the process whether kernels may be assembled, and why not.</summary>
static class AssembledCode
{
    /// <summary>Set to 0 to compute with the twins in C#: the same numbers, slower.</summary>
    internal const string Switch = "FARSIGHT_ASSEMBLED";

    static readonly Lazy<string?> s_refusal = new(Ask);

    /// <summary>Why no kernel can be assembled in this process; null if kernels can.</summary>
    internal static string? Refusal => s_refusal.Value;

    /// <summary>Whether VDPBF16PS can be used.</summary>
    internal static bool HasBf16 => InstructionSet.HasBf16 && Refusal is null;

    /// <summary>Whether VPDPBUSD can be used on 512 bits.</summary>
    internal static bool HasVnni => InstructionSet.HasVnni && Refusal is null;

    /// <summary>Tries to make memory executable, unless the variable forbids it; returns why that failed, or null.</summary>
    internal static string? Ask()
    {
        const byte Return = 0xC3;
        return Environment.GetEnvironmentVariable(Switch) == "0" ? $"{Switch} is 0"
            : ExecutableMemory.TryWrite([Return], out _, out string refusal) ? null
            : $"the system refuses executable memory ({refusal})";
    }
}
