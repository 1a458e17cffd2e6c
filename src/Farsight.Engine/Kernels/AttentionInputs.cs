using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>What the backward pass reads.</summary>
readonly record struct AttentionInputs(Rows DOutput, Rows Queries, Rows Keys, Rows Values, Rows Output, Rows LogSumExp);

/// <summary>What the backward pass adds to.</summary>
readonly record struct AttentionGradients(Rows Queries, Rows Keys, Rows Values);
