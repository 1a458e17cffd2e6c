namespace Farsight.Engine.Checkpoints.Gguf;

/// <summary>Defines the types of metadata values, as numbered in GGUF files.</summary>
public enum GgufValueType
{
    /// <summary>0 … 255.</summary>
    U8,

    /// <summary>−128 … 127.</summary>
    I8,

    /// <summary>16 bits, unsigned.</summary>
    U16,

    /// <summary>16 bits, signed.</summary>
    I16,

    /// <summary>32 bits, unsigned.</summary>
    U32,

    /// <summary>32 bits, signed.</summary>
    I32,

    /// <summary>Single precision.</summary>
    F32,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>A 64-bit length and UTF-8 bytes.</summary>
    Text,

    /// <summary>A type, a 64-bit count and the values.</summary>
    Array,

    /// <summary>64 bits, unsigned.</summary>
    U64,

    /// <summary>64 bits, signed.</summary>
    I64,

    /// <summary>Double precision.</summary>
    F64,
}
