using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Optimizers;

/// <summary>Changes parameters by their gradients.</summary>
/// <remarks>
/// Groups with different settings are several optimizers over different parameters. An optimizer owns its state, not the parameters.
/// </remarks>
public abstract class Optimizer : IDisposable
{
    /// <summary>Takes charge of these parameters, in this order.</summary>
    protected Optimizer(IReadOnlyList<Parameter> parameters) => Parameters = parameters;

    /// <summary>What is changed.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Steps taken so far; set when a run is resumed.</summary>
    public long StepsTaken { get; set; }

    /// <summary>
    /// Buffers that the next step depends on; saved and restored bit for bit, with <see cref="StepsTaken"/>, they resume a run.
    /// </summary>
    /// <remarks>Names are the parameter's name and PyTorch's name of the buffer: "model.norm.weight.exp_avg".</remarks>
    public abstract IEnumerable<(string Name, Rows State)> State { get; }

    /// <summary>Changes every parameter once; gradients stay as they are.</summary>
    /// <param name="learningRate">Of this step.</param>
    public void Step(double learningRate)
    {
        StepsTaken++;
        Update(learningRate);
    }

    /// <summary>Frees the optimizer's state; the parameters stay.</summary>
    public void Dispose()
    {
        foreach (Rows state in Buffers)
        {
            state.Buffer.Dispose();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Buffers of the state, whole; freed with the optimizer.</summary>
    protected abstract IEnumerable<Rows> Buffers { get; }

    /// <summary>Changes every parameter; <see cref="StepsTaken"/> counts this step already.</summary>
    protected abstract void Update(double learningRate);
}
