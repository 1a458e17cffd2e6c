using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Optimizers;

/// <summary>Updates parameters from their gradients.</summary>
/// <remarks>
/// Groups with different settings are several optimizers over different parameters. An optimizer owns its state, not the parameters.
/// </remarks>
public abstract class Optimizer : IDisposable
{
    readonly RowsOwner _memory = new();

    /// <summary>Creates an optimizer for the parameters, in this order.</summary>
    protected Optimizer(IReadOnlyList<Parameter> parameters) => Parameters = parameters;

    /// <summary>Gets the parameters that the optimizer updates.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Gets or sets the number of steps taken; set when a run is resumed.</summary>
    public long StepsTaken { get; set; }

    /// <summary>
    /// Gets the buffers on which the next step depends. Saved and restored exactly, together with <see cref="StepsTaken"/>, they
    /// resume a run.
    /// </summary>
    /// <remarks>Names are the parameter's name and PyTorch's name of the buffer: "model.norm.weight.exp_avg".</remarks>
    public abstract IEnumerable<(string Name, Rows State)> State { get; }

    /// <summary>Updates every parameter once. Gradients stay unchanged.</summary>
    /// <param name="learningRate">Learning rate of this step.</param>
    public void Step(double learningRate)
    {
        StepsTaken++;
        Update(learningRate);
    }

    /// <summary>Frees the optimizer's state; the parameters stay.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Allocates [p.Capacity, columns] zeros for each parameter p, freed with the optimizer.</summary>
    /// <remarks>If that is impossible, no memory of the optimizer stays allocated.</remarks>
    protected Rows[] AllocateState() => AllocateState(p => (p.Capacity, p.Value.Width));

    /// <summary>Allocates [rows, columns] zeros for each parameter, freed with the optimizer.</summary>
    /// <param name="rowsOf">Returns the number of rows for a parameter.</param>
    /// <param name="columns">Number of columns.</param>
    private protected Rows[] AllocateState(Func<Parameter, int> rowsOf, int columns) => AllocateState(p => (rowsOf(p), columns));

    Rows[] AllocateState(Func<Parameter, (int Rows, int Columns)> shapeOf)
    {
        try
        {
            return
            [
                .. Parameters.Select(p =>
                {
                    (int rows, int columns) = shapeOf(p);
                    return _memory.Allocate(rows, columns);
                }),
            ];
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>Updates every parameter. <see cref="StepsTaken"/> already includes this step.</summary>
    protected abstract void Update(double learningRate);
}

/// <summary>Splits rows into blocks of a fixed number of floats, for work that does not depend on row boundaries.</summary>
static class FloatBlocks
{
    /// <summary>Number of floats in a block; the last may be shorter. It determines the order of sums.</summary>
    internal const int Size = 1 << 14;

    internal static int Count(Rows rows) => checked((int)((rows.Length + Size - 1) / Size));

    internal static Span<float> Of(Rows rows, int block)
    {
        long first = (long)block * Size;
        return rows.Buffer.Span(rows.Start + first, (int)Math.Min(Size, rows.Length - first));
    }
}
