using Farsight.Engine.Numerics;

namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Represents the storage type of a tensor, as numbered by ggml.</summary>
/// <param name="Name">ggml's name: "Q4_K".</param>
/// <param name="ValuesPerBlock">Values per block.</param>
/// <param name="BytesPerBlock">Bytes per block.</param>
/// <param name="Format">Format of the engine; null for a type that it does not support.</param>
sealed record GgufTensorType(string Name, int ValuesPerBlock, int BytesPerBlock, NumberFormat? Format = null)
{
    static readonly Dictionary<uint, GgufTensorType> s_types = new()
    {
        [0] = Of(NumberFormat.F32),
        [1] = Of(NumberFormat.F16),
        [2] = Of(NumberFormat.Q4_0),
        [3] = Of(NumberFormat.Q4_1),
        [6] = Of(NumberFormat.Q5_0),
        [7] = Of(NumberFormat.Q5_1),
        [8] = Of(NumberFormat.Q8_0),
        [9] = new("Q8_1", 32, 36),
        [10] = Of(NumberFormat.Q2_K),
        [11] = Of(NumberFormat.Q3_K),
        [12] = Of(NumberFormat.Q4_K),
        [13] = Of(NumberFormat.Q5_K),
        [14] = Of(NumberFormat.Q6_K),
        [15] = new("Q8_K", 256, 292),
        [16] = new("IQ2_XXS", 256, 66),
        [17] = new("IQ2_XS", 256, 74),
        [18] = new("IQ3_XXS", 256, 98),
        [19] = new("IQ1_S", 256, 50),
        [20] = Of(NumberFormat.IQ4_NL),
        [21] = new("IQ3_S", 256, 110),
        [22] = new("IQ2_S", 256, 82),
        [23] = Of(NumberFormat.IQ4_XS),
        [24] = new("I8", 1, 1),
        [25] = new("I16", 1, 2),
        [26] = new("I32", 1, 4),
        [27] = new("I64", 1, 8),
        [28] = new("F64", 1, 8),
        [29] = new("IQ1_M", 256, 56),
        [30] = Of(NumberFormat.BF16),
        [34] = new("TQ1_0", 256, 54),
        [35] = new("TQ2_0", 256, 66),
        [39] = new("MXFP4", 32, 17),
    };

    /// <summary>Names of the types that cannot be read: retired ones and newer ones.</summary>
    static readonly Dictionary<uint, string> s_named = new()
    {
        [4] = "Q4_2",
        [5] = "Q4_3",
        [31] = "Q4_0_4_4",
        [32] = "Q4_0_4_8",
        [33] = "Q4_0_8_8",
        [36] = "IQ4_NL_4_4",
        [37] = "IQ4_NL_4_8",
        [38] = "IQ4_NL_8_8",
        [40] = "NVFP4",
    };

    /// <summary>Returns the name and number of an unsupported type for a message: "Q4_0_4_4 (31)".</summary>
    internal static string NameOf(uint number) => s_named.TryGetValue(number, out string? name) ? $"{name} ({number})" : $"{number}";

    /// <summary>Returns the type of a number in a file; null for an unknown one.</summary>
    internal static GgufTensorType? Of(uint number) => s_types.GetValueOrDefault(number);

    /// <summary>Gets the names of the types that weights may have, for messages.</summary>
    internal const string Supported =
        "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL or IQ4_XS";

    /// <summary>Returns the number of a format in a file.</summary>
    internal static uint NumberOf(NumberFormat format) => s_types.First(t => t.Value.Format == format).Key;

    /// <summary>Returns the value of general.file_type for files mostly of a format.</summary>
    internal static uint FileTypeOf(NumberFormat format) => format switch
    {
        NumberFormat.F32 => 0,
        NumberFormat.F16 => 1,
        NumberFormat.Q4_0 => 2,
        NumberFormat.Q8_0 => 7,
        NumberFormat.BF16 => 32,
        _ => throw new ArgumentException($"{format} is a format that is only read.", nameof(format)),
    };

    static GgufTensorType Of(NumberFormat format) => new(format.ToString(), format.ValuesPerBlock, format.BytesPerBlock, format);
}
