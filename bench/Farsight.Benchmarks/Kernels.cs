using BenchmarkDotNet.Attributes;
using Farsight.Benchmarks.Cases;
using Farsight.Benchmarks.Measuring;
using Farsight.Engine.Numerics;

namespace Farsight.Benchmarks;

/// <summary>Attention at two lengths; eight heads over two key heads, and over one.</summary>
public class AttentionBenchmark : KernelBenchmark
{
    [Params(8192, 4096)]
    public int Tokens { get; set; }

    [Params(2, 1)]
    public int KeyHeads { get; set; }

    [Params(Arithmetic.F32, Arithmetic.BF16)]
    public Arithmetic Precision { get; set; }

    [Benchmark]
    public void Forward() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    internal override KernelCase Create() => new AttentionCase(
        Tokens, new(8, KeyHeads, Tokens == 8192 ? 128 : 64) { Arithmetic = Precision });
}

/// <summary>Full attention of 8,192 tokens, and shifted sparse attention of the same in groups.</summary>
public class SparseAttentionBenchmark : KernelBenchmark
{
    /// <summary>Tokens of a group; 0 for full attention.</summary>
    [Params(0, 2048, 1024)]
    public int Group { get; set; }

    [Benchmark]
    public void Forward() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    internal override KernelCase Create() => new AttentionCase(8192, new(8, 2, 128), Group == 0 ? null : Group);
}

/// <summary>The products of the base shape's layers: [tokens, inputs] by [outputs, inputs].</summary>
public class GemmBenchmark : KernelBenchmark
{
    [Params("768x768", "256x768", "2048x768", "768x2048", "32x768", "2048x32")]
    public string Weights { get; set; } = "";

    [Params(Arithmetic.F32, Arithmetic.BF16)]
    public Arithmetic Precision { get; set; }

    [Benchmark]
    public void Forward() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    [Benchmark]
    public void Outer() => ((GemmCase)Case).Outer();

    internal override KernelCase Create()
    {
        int[] extents = [.. Weights.Split('x').Select(int.Parse)];
        return new GemmCase(2240, extents[0], extents[1], arithmetic: Precision);
    }
}

/// <summary>Products with frozen weights of other formats: many rows, the rows of three responses, and one token of decoding.</summary>
public class StoredWeightsBenchmark : KernelBenchmark
{
    [Params(NumberFormat.F32, NumberFormat.BF16, NumberFormat.F16, NumberFormat.Q8_0, NumberFormat.Q4_0)]
    public NumberFormat Format { get; set; }

    [Params(2240, 192, 1)]
    public int Tokens { get; set; }

    [Benchmark]
    public void Forward() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    internal override KernelCase Create() => new GemmCase(Tokens, 2048, 768, Format);
}

/// <summary>Norms of the base shape.</summary>
public class RmsNormBenchmark : KernelBenchmark
{
    [Benchmark]
    public void Forward() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    internal override KernelCase Create() => new RmsNormCase(2240, 768);
}

/// <summary>Rotation of the base shape's queries.</summary>
public class RopeBenchmark : KernelBenchmark
{
    [Benchmark]
    public void Forward() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    internal override KernelCase Create() => new RopeCase(2240, 12, 64);
}

/// <summary>The MLP's middle of the base shape.</summary>
public class SwiGluBenchmark : KernelBenchmark
{
    [Benchmark]
    public void Forward() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    internal override KernelCase Create() => new SwiGluCase(2240, 2048);
}

/// <summary>Log-probabilities of three responses of 64 tokens in the base shape.</summary>
public class TokenLogProbsBenchmark : KernelBenchmark
{
    [Benchmark]
    public void Forward() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    internal override KernelCase Create() => new TokenLogProbsCase(192, 32000, 768);
}

/// <summary>The optimizer over the base shape's embeddings.</summary>
public class AdamWBenchmark : KernelBenchmark
{
    [Benchmark]
    public void Step() => Case.Forward();

    [Benchmark]
    public void Backward() => Case.Backward();

    internal override KernelCase Create() => new AdamWCase(32000, 768);
}

/// <summary>One draw from the vocabulary of Llama 3, from all tokens and with the usual restrictions.</summary>
public class SamplingBenchmark : KernelBenchmark
{
    [Params(0, 50)]
    public int TopK { get; set; }

    [Params(1.0, 0.9)]
    public double TopP { get; set; }

    [Benchmark]
    public void Choose() => Case.Forward();

    internal override KernelCase Create() => new SamplingCase(128_256, new(1, TopP, TopK));
}
