using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;

namespace Farsight.Alignment.Training;

/// <summary>Updates all parameters of a run, each with the optimizer and learning rate of its role.</summary>
/// <remarks>Owns the optimizers, not the parameters.</remarks>
public sealed class ParameterUpdates : IDisposable
{
    readonly IReadOnlyList<Parameter> _parameters;
    readonly TrainingOptions _options;
    readonly List<(Optimizer Optimizer, double Peak)> _groups = [];

    /// <summary>Creates the optimizers, with zero moments.</summary>
    /// <param name="parameters">The parameters; not disposed here.</param>
    /// <param name="options">Options of the optimizers, and the number of steps.</param>
    public ParameterUpdates(IReadOnlyList<Parameter> parameters, TrainingOptions options)
    {
        (_parameters, _options) = (parameters, options);
        OptimizerOptions o = options.Optimizer;
        double embeddingRate = o.EmbeddingLearningRate ?? o.LearningRate;

        Parameter[] Of(ParameterRole role) => [.. parameters.Where(p => p.Role == role && !IsInEightBits(p))];
        Parameter[] InEightBits() => [.. parameters.Where(IsInEightBits)];
        bool IsInEightBits(Parameter p) =>
            o.EightBit && p.Role is ParameterRole.Matrix or ParameterRole.Lora && p.Value.Length >= EightBitAdamW.LeastValues;
        Optimizer Usual(ParameterRole role, double weightDecay) => o.Rmsprop
            ? new Rmsprop(Of(role), new(o.Beta2, o.Epsilon, weightDecay))
            : new AdamW(Of(role), new(o.Beta1, o.Beta2, o.Epsilon, weightDecay));
        try
        {
            _groups.Add(o.Muon is { } muon
                ? (new Muon(Of(ParameterRole.Matrix), new(muon.Momentum, muon.WeightDecay)), muon.LearningRate)
                : (Usual(ParameterRole.Matrix, o.WeightDecay), o.LearningRate));
            _groups.Add((Usual(ParameterRole.Lora, o.WeightDecay), o.LearningRate));
            if (o.EightBit)
            {
                _groups.Add((new EightBitAdamW(InEightBits(), new(o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay)), o.LearningRate));
            }
            _groups.Add((Usual(ParameterRole.Embedding, o.WeightDecay), embeddingRate));
            _groups.Add((Usual(ParameterRole.Vector, 0), embeddingRate));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets the optimizer state in a checkpoint, by name.</summary>
    internal IEnumerable<(string Name, Rows Rows)> State => _groups.SelectMany(g => g.Optimizer.State);

    /// <summary>Continues after a number of finished steps.</summary>
    internal void Resume(int step)
    {
        foreach ((Optimizer optimizer, double _) in _groups)
        {
            optimizer.StepsTaken = step;
        }
    }

    /// <summary>Returns the factor on the peak learning rates at a step, from 1.</summary>
    internal double Factor(int step) => _options.Schedule.Factor(step - 1, _options.Steps);

    /// <summary>Bounds the norm of all gradients together and returns what it was.</summary>
    public double ClipGradients() => GradientNorm.Clip(_parameters, _options.Optimizer.ClipNorm);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Optimizer optimizer, double _) in _groups)
        {
            optimizer.Dispose();
        }
    }

    /// <summary>Changes every parameter by its gradient.</summary>
    public void Apply(int step)
    {
        foreach ((Optimizer optimizer, double peak) in _groups)
        {
            optimizer.Step(peak * Factor(step));
        }
    }
}
