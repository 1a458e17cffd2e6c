using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents how the result of half a layer joins the residual stream: x + s · norm(result).</summary>
/// <param name="Norm">Norm of the result; null for none.</param>
/// <param name="Scale">s.</param>
readonly record struct Residual(Norm? Norm, float Scale)
{
    /// <summary>Computes the sum.</summary>
    /// <param name="x">[T, D] residual stream.</param>
    /// <param name="result">[T, D]; with a norm, backward needs the same bits.</param>
    /// <param name="sum">[T, D] overwritten; may be either operand.</param>
    /// <param name="w">Memory for the duration of the call.</param>
    internal void Forward(Rows x, Rows result, Rows sum, Workspace w) =>
        RowKernels.AddScaled(x, Norm?.Forward(result, w).Output ?? result, Scale, sum);

    /// <summary>Returns the gradient by the result; that by x is <paramref name="dSum"/>.</summary>
    /// <param name="result">[T, D] as given to forward; read only with a norm.</param>
    /// <param name="dSum">[T, D] gradient by the sum; the return value if nothing changes it.</param>
    /// <param name="w">Memory of the return value.</param>
    internal Rows Backward(Rows result, Rows dSum, Workspace w)
    {
        Rows dNormed = dSum;
        if (Scale != 1)
        {
            dNormed = w.Rows(dSum.Count, dSum.Width);
            RowKernels.Scale(dSum, Scale, dNormed);
        }
        if (Norm is null)
        {
            return dNormed;
        }
        NormPass pass = Norm.Forward(result, w);
        Rows dResult = w.ZeroRows(dSum.Count, dSum.Width);
        pass.Backward(dNormed, dResult);
        return dResult;
    }
}
