using System.Runtime.InteropServices;
using Farsight.Engine.Memory;
using Farsight.Engine.Parameters;

namespace Farsight.Engine.Optimizers;

/// <summary>Represents AdamW whose moments are stored in 8 bits: a quarter of the state of <see cref="AdamW"/>.</summary>
/// <remarks>
/// Blocks of 2,048 values have a scale, their maximum magnitude, and a <see cref="DynamicCode"/> per value. A step widens a block's
/// moments to F32, computes what <see cref="AdamW"/> computes, and codes them again. Source: arXiv:2110.02861. For parameters without
/// touched rows, of at least <see cref="LeastValues"/> values; as in the authors' program, smaller ones, embeddings and norms keep F32.
/// </remarks>
public sealed class EightBitAdamW : Optimizer
{
    /// <summary>Number of values below which a parameter keeps F32 moments.</summary>
    public const int LeastValues = 4096;

    internal const int BlockValues = 2048;

    readonly AdamWSettings _settings;
    readonly Rows[] _firstCodes, _firstScales, _secondCodes, _secondScales;

    /// <summary>Creates the optimizer with zero moments.</summary>
    /// <exception cref="ArgumentException">A parameter has touched rows.</exception>
    public EightBitAdamW(IReadOnlyList<Parameter> parameters, AdamWSettings settings)
        : base(parameters)
    {
        if (parameters.FirstOrDefault(p => p.Touched is not null) is { } touched)
        {
            throw new ArgumentException($"{touched.Name} has touched rows; use AdamW for it.", nameof(parameters));
        }
        _settings = settings;
        _firstCodes = AllocateState(Blocks, BlockValues / sizeof(float));
        _firstScales = AllocateState(Blocks, 1);
        _secondCodes = AllocateState(Blocks, BlockValues / sizeof(float));
        _secondScales = AllocateState(Blocks, 1);
    }

    /// <inheritdoc/>
    /// <remarks>A float of the codes holds the bits of four of them.</remarks>
    public override IEnumerable<(string Name, Rows State)> State => Parameters.SelectMany((p, i) => new[]
    {
        ($"{p.Name}.exp_avg.codes", _firstCodes[i]), ($"{p.Name}.exp_avg.absmax", _firstScales[i]),
        ($"{p.Name}.exp_avg_sq.codes", _secondCodes[i]), ($"{p.Name}.exp_avg_sq.absmax", _secondScales[i]),
    });

    /// <summary>Computes the floats of the state of a parameter.</summary>
    /// <param name="values">Its number of values.</param>
    internal static long StateFloats(long values) => 2 * BlocksOf(values) * (BlockValues / sizeof(float) + 1);

    /// <inheritdoc/>
    protected override void Update(double learningRate)
    {
        AdamW.Factors factors = AdamW.Factors.Of(_settings, learningRate, StepsTaken);
        for (int i = 0; i < Parameters.Count; i++)
        {
            Parameter p = Parameters[i];
            int index = i;
            Workers.For(Blocks(p), block => Update(factors, p, index, block));
        }
    }

    void Update(AdamW.Factors factors, Parameter p, int index, int block)
    {
        long start = (long)block * BlockValues;
        int count = (int)Math.Min(BlockValues, p.Value.Length - start);
        Span<float> first = stackalloc float[count], second = stackalloc float[count];
        Span<byte> firstCodes = MemoryMarshal.AsBytes(_firstCodes[index][block])[..count];
        Span<byte> secondCodes = MemoryMarshal.AsBytes(_secondCodes[index][block])[..count];
        ref float firstScale = ref _firstScales[index][block][0], secondScale = ref _secondScales[index][block][0];

        DynamicCode.Signed.Decode(firstCodes, firstScale, first);
        DynamicCode.Unsigned.Decode(secondCodes, secondScale, second);
        AdamW.Update(
            factors, p.Gradient.Buffer.Span(p.Gradient.Start + start, count), p.Value.Buffer.Span(p.Value.Start + start, count),
            first, second);
        firstScale = DynamicCode.Signed.Encode(first, firstCodes);
        secondScale = DynamicCode.Unsigned.Encode(second, secondCodes);
    }

    static int Blocks(Parameter parameter) => checked((int)BlocksOf(parameter.Value.Length));

    static long BlocksOf(long values) => (values + BlockValues - 1) / BlockValues;
}
