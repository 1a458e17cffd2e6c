using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Farsight.TorchPeer;

/// <summary>Represents the shape of a step: the keys of the files in bench/specs.</summary>
sealed record Spec(int Hidden, int Layers, int Heads, int KvHeads, int Ffn, int Vocab, int Prompt, int[] Responses)
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
    };

    internal int HeadDim => Hidden / Heads;

    internal Sample Sample => Farsight.TorchPeer.Sample.Random(Vocab, Prompt, Responses);

    internal static Spec Read(string path) => JsonSerializer.Deserialize<Spec>(File.ReadAllText(path), s_json)!;
}

/// <summary>Represents what is timed.</summary>
sealed record StepOptions(Variant Variant, ScalarType Type, AttentionKind Attention, int Warmup, int Steps, int Threads);

/// <summary>Times whole steps: gradients cleared, forward, backward, clipping, AdamW.</summary>
static class StepBench
{
    internal static JsonObject Run(Spec spec, StepOptions o)
    {
        set_num_threads(o.Threads);
        using DisposeScope all = NewDisposeScope();
        Sample sample = spec.Sample;
        Llama model = ModelOf(spec, o.Type, o.Attention, o.Variant == Variant.Tree);
        LogoPass pass = new(model, sample, o.Type, o.Variant);
        TorchSharp.Modules.AdamW optimizer = optim.AdamW(model.Parameters.Select(p => p.Value), lr: 1e-6);
        GC.Collect(); // the weights' first copies
        GC.WaitForPendingFinalizers();

        List<double> times = [];
        double loss = 0;
        for (int step = 0; step < o.Warmup + o.Steps; step++)
        {
            long start = Stopwatch.GetTimestamp();
            using DisposeScope ofStep = NewDisposeScope();
            optimizer.zero_grad();
            loss = pass.Run();
            nn.utils.clip_grad_norm_(model.Parameters.Select(p => p.Value), 1);
            optimizer.step();
            if (step >= o.Warmup)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }
        times.Sort();
        return new()
        {
            ["engine"] = $"TorchSharp, libtorch {__version__}",
            ["threads"] = get_num_threads(),
            ["variant"] = o.Variant.ToString(),
            ["dtype"] = o.Type.ToString(),
            ["attention"] = o.Attention.ToString(),
            ["seconds_min"] = Math.Round(times[0], 4),
            ["seconds_median"] = Math.Round(times[times.Count / 2], 4),
            ["peak_rss_mib"] = PeakMemory() >> 20,
            ["loss"] = loss,
        };
    }

    /// <summary>Creates the model of a shape; it has the same weights for every variant and type.</summary>
    internal static Llama ModelOf(Spec spec, ScalarType type, AttentionKind attention, bool touched)
    {
        long[] tokens = [.. spec.Sample.Prompt.Concat(spec.Sample.Responses.SelectMany(r => r)).Distinct().Order()];
        return new(spec, type, attention, touched ? tokens : null);
    }

    /// <summary>Bytes, the most that the process held.</summary>
    static long PeakMemory()
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line["VmHWM:".Length..^" kB".Length], CultureInfo.InvariantCulture);
    }
}

/// <summary>Compares loss and gradients of all variants, with the same random weights in F32.</summary>
static class Check
{
    const double LossTolerance = 1e-4, GradientTolerance = 5e-4;

    internal static IEnumerable<JsonObject> Run(Spec spec, int threads)
    {
        set_num_threads(threads);
        (double Loss, Dictionary<string, Tensor> Gradients)? first = null;
        foreach (Variant variant in Enum.GetValues<Variant>())
        {
            foreach (AttentionKind attention in Enum.GetValues<AttentionKind>())
            {
                using DisposeScope scope = NewDisposeScope();
                Llama model = StepBench.ModelOf(spec, ScalarType.Float32, attention, touched: false);
                double loss = new LogoPass(model, spec.Sample, ScalarType.Float32, variant).Run();
                Dictionary<string, Tensor> gradients = model.Parameters.ToDictionary(
                    p => p.Name, p => p.Value.grad!.MoveToOuterDisposeScope());
                first ??= (loss, gradients);
                double worst = gradients.Max(g => Difference(first.Value.Gradients[g.Key], g.Value));
                yield return new()
                {
                    ["variant"] = variant.ToString(),
                    ["attention"] = attention.ToString(),
                    ["loss"] = loss,
                    ["worst_gradient_error"] = worst,
                    ["same"] = Math.Abs(loss - first.Value.Loss) < LossTolerance * Math.Abs(first.Value.Loss) && worst < GradientTolerance,
                };
            }
        }
    }

    /// <summary>The largest difference, relative to the largest magnitude of what is expected.</summary>
    static double Difference(Tensor expected, Tensor actual)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor e = expected.to(ScalarType.Float64), a = actual.to(ScalarType.Float64);
        return ((e - a).abs().max() / e.abs().max()).item<double>();
    }
}
