using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Something that training changes: its value in F32, its gradient beside it.</summary>
/// <param name="Name">By Hugging Face's or PEFT's name: "model.norm.weight", "model.layers.0.self_attn.q_proj.lora_A.weight".</param>
/// <param name="Role">Decides which optimizer and which learning rate it gets.</param>
/// <param name="Value">[rows, columns]; a vector is one row.</param>
/// <param name="Gradient">As <paramref name="Value"/>; backward adds to it, the training loop clears it.</param>
public sealed record Parameter(string Name, ParameterRole Role, Rows Value, Rows Gradient)
{
    /// <summary>A parameter with memory of its own, all zeros.</summary>
    public static Parameter Create(string name, ParameterRole role, int rows, int columns) =>
        new(name, role, Rows.Allocate(rows, columns), Rows.Allocate(rows, columns));
}

/// <summary>What a parameter is.</summary>
public enum ParameterRole
{
    /// <summary>A full weight matrix of a linear layer.</summary>
    Matrix,

    /// <summary>A low-rank matrix of an adapter.</summary>
    Lora,

    /// <summary>The token embeddings, and the output head.</summary>
    Embedding,

    /// <summary>A norm's gain or a bias: one row.</summary>
    Vector,
}
