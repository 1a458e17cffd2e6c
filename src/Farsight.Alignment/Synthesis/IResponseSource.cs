using Farsight.Engine.Inference;

namespace Farsight.Alignment.Synthesis;

/// <summary>Writes responses: the local model, or a script in its place.</summary>
interface IResponseSource
{
    /// <summary>[requests] new tokens of each, the end token included where there is one. Equal lists give equal responses.</summary>
    IReadOnlyList<int[]> Respond(IReadOnlyList<GenerationRequest> requests);
}
