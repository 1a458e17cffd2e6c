using Farsight.Benchmarks.Cases;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Workflows.Timing;

/// <summary>The checks that every kernel's benchmark makes before it times, at small sizes.</summary>
public sealed class KernelCaseTests
{
    static readonly Dictionary<string, KernelCase> s_cases = new()
    {
        ["AdamW"] = new AdamWCase(37, 24),
        ["attention"] = new AttentionCase(130, new(4, 2, 16)),
        ["attention in groups"] = new AttentionCase(130, new(4, 2, 16), group: 40),
        ["GEMM"] = new GemmCase(45, 40, 33),
        ["GEMM in Q4_0"] = new GemmCase(45, 40, 64, NumberFormat.Q4_0),
        ["RMS norm"] = new RmsNormCase(70, 48),
        ["RoPE"] = new RopeCase(70, 3, 16),
        ["SwiGLU"] = new SwiGluCase(70, 40),
        ["log-probabilities"] = new TokenLogProbsCase(9, 300, 24),
        ["sampling"] = new SamplingCase(300, new(1, 0.9, 40)),
    };

    public static TheoryData<string> Names => [.. s_cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_kernel_passes_the_check_of_its_benchmark(string name)
    {
        KernelCase kernel = s_cases[name];

        kernel.Prepare();
        kernel.Check();

        Assert.True(kernel.ForwardWork.Flops > 0 && (kernel is SamplingCase || kernel.BackwardWork.Bytes > 0));
    }
}
