using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Optimizers;
using Farsight.Engine.Parameters;
using Farsight.Tests.Engine.Optimizers;

namespace Farsight.Benchmarks.Cases;

/// <summary>A step of AdamW over one matrix; forward is the step, backward the norm of the gradient that precedes it.</summary>
sealed class AdamWCase(int rows, int width) : KernelCase, IDisposable
{
    const double LearningRate = 1e-3;

    static readonly AdamWSettings s_settings = new(Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 0.01);

    Parameter[] _parameters = [];
    AdamW? _optimizer;
    float[] _start = [];

    internal override Work ForwardWork => new(15.0 * rows * width, sizeof(float) * 7.0 * rows * width);

    internal override Work BackwardWork => new(2.0 * rows * width, sizeof(float) * 1.0 * rows * width);

    internal override void Prepare()
    {
        Parameter parameter = Parameter.Create("w", ParameterRole.Embedding, rows, width);
        parameter.Value.CopyFrom(Normal(rows, width, 1));
        parameter.Gradient.CopyFrom(Normal(rows, width, 2));
        _parameters = [parameter];
        _optimizer = new(_parameters, s_settings);
        _start = Sample(_parameters[0].Value);
    }

    public void Dispose() => _optimizer?.Dispose();

    internal override void Forward() => _optimizer!.Step(LearningRate);

    internal override void Backward() => GradientNorm.Of(_parameters);

    internal override void Check()
    {
        float[] gradient = Sample(_parameters[0].Gradient);
        double[] w = [.. _start], m = new double[w.Length], v = new double[w.Length];
        AdamWNaive.Step(w, gradient, m, v, s_settings, LearningRate, 1);
        Forward();
        Near("w", w, Sample(_parameters[0].Value), 1e-6);
        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            foreach (float g in _parameters[0].Gradient[row])
            {
                sum += (double)g * g;
            }
        }
        Near("norm", [Math.Sqrt(sum)], [(float)GradientNorm.Of(_parameters)], 1e-6);
    }

    float[] Sample(Rows values) => [.. Some(rows).SelectMany(row => values[row].ToArray())];
}
