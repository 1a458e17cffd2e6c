namespace Farsight.Engine.Models;

/// <summary>What a forward pass keeps for its backward, from the fastest to the leanest.</summary>
/// <remarks>What a pass over the rows makes again at once, such as normed inputs and the activation's product, no level keeps.</remarks>
public enum Recomputation
{
    /// <summary>Every product is computed once.</summary>
    None,

    /// <summary>Gate and up are computed again, in blocks of rows: no array of tokens × intermediate size exists. Same bits.</summary>
    Mlp,

    /// <summary>Each layer's input is kept and the layer computed again. Same bits.</summary>
    Layer,

    /// <summary>
    /// As <see cref="Layer"/>, with the inputs rounded to BF16: log-probabilities keep their bits, gradients are those at the rounded
    /// inputs.
    /// </summary>
    RoundedLayer,
}
