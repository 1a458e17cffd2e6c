using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine.Machine;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary>Measures the limits of the machine (<c>farsight bench peak</c>) and training steps against them (<c>bench step</c>).</summary>
static class BenchCommand
{
    const double Giga = 1e9;

    static readonly Option<bool> s_json = SharedOptions.Json();
    static readonly ThreadsOption s_threads = new();
    static readonly Dictionary<string, NumberFormat> s_formats = new(StringComparer.Ordinal)
    {
        ["f32"] = NumberFormat.F32,
        ["bf16"] = NumberFormat.BF16,
        ["q8"] = NumberFormat.Q8_0,
        ["q4"] = NumberFormat.Q4_0,
    };

    static readonly Option<string> s_shape = SharedOptions.Shape(
        "JSON file with hidden, layers, heads, kv_heads, ffn, vocab, prompt, and responses (lengths, chosen first); "
            + "with experts also experts and experts_per_token. "
            + "Default: the sizes of --model, with --prompt and --responses.",
        required: false);
    static readonly Option<int?> s_prompt = new("--prompt") { Description = "Tokens of the prompt. Default: those of --shape." };
    static readonly Option<int[]> s_responses = new("--responses")
    {
        Arity = ArgumentArity.ExactlyOne,
        Description = "Tokens of each response, the chosen one first, as in 64,64. Default: those of --shape.",
        CustomParser = Lengths,
    };
    static readonly Option<int> s_loraRank = SharedOptions.Count("--lora-rank", "Rank of the adapter.", 32);
    static readonly Option<string> s_loraTargets = new("--lora-targets")
    {
        Description = "Adapted layers, as in q_proj,v_proj, or all-linear. Default: the projections of the attention.",
    };
    static readonly Option<bool> s_noEmbeddings = new("--no-train-embeddings")
    {
        Description = "Keep the embeddings frozen, so that only the adapter is trained.",
    };
    static readonly Option<string> s_objective = SharedOptions.Choice(
        "--objective", "Training loss. Only losses without a reference model.", StepBenchmark.Objectives.Keys, "logo");
    static readonly Option<bool> s_noSharing = new("--no-sharing")
    {
        Description = "Repeat the prompt for each response, to measure the gain of sharing it.",
    };
    static readonly Option<string> s_weights = SharedOptions.Choice(
        "--weights", "Number format of the matrices in memory. Default: the stored format with --model, else f32.", s_formats.Keys);
    static readonly Option<int?> s_shiftedSparse = new("--shifted-sparse")
    {
        Description = "Group size, in tokens, of shifted sparse attention. Default: full attention.",
    };
    static readonly PrecisionOption s_precision = new(infers: false);
    static readonly SizeOption s_memory = SizeOption.Memory();
    static readonly Option<int> s_warmup = SharedOptions.Count("--warmup", "Number of untimed warm-up steps.", 1, minimum: 0);
    static readonly Option<int> s_steps = SharedOptions.Count("--steps", "Number of timed steps.", 3);
    static readonly Option<string> s_model = SharedOptions.Model(
        "Model directory or GGUF file, memory-mapped. Default: random weights in the sizes of --shape.", required: false);

    internal static Command Create()
    {
        Command peak = new("peak", "Measure the peak FMA throughput and the memory bandwidth of this machine.")
        {
            s_threads,
            s_json,
        };
        peak.SetAction((parse, cancel) => Task.Run(() => Peak(parse), CancellationToken.None).WaitAsync(cancel));

        s_shiftedSparse.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out int count) && count < 2)
            {
                result.AddError("--shifted-sparse: use 2 or more.");
            }
        });
        Command step = new("step", "Time complete training steps: forward, backward, clipping and optimizer.")
        {
            s_model, s_shape, s_prompt, s_responses, s_loraRank, s_loraTargets, s_noEmbeddings, s_objective, s_weights, s_noSharing,
            s_shiftedSparse, s_precision, s_memory, s_warmup, s_steps, s_threads, s_json,
        };
        SharedOptions.Limit(step, (s_loraRank, 1024));
        step.Validators.Add(result =>
        {
            if (result.GetResult(s_shape) is null
                && (result.GetResult(s_model) is null || result.GetResult(s_prompt) is null || result.GetResult(s_responses) is null))
            {
                result.AddError("Without --shape, --model, --prompt and --responses are required.");
            }
        });
        step.SetAction((parse, cancel) => Task.Run(() => Step(parse, cancel), CancellationToken.None));
        return new("bench", "Measure the machine, training steps, inference and data processing.")
        {
            peak,
            step,
            BenchModelCommand.Create(),
            BenchTokenizerCommand.Create(),
            BenchDocumentsCommand.Create(),
            BenchImportanceCommand.Create(),
            BenchSynthesisCommand.Create(),
            BenchChoicesCommand.Create(),
            BenchGenerateCommand.Create(),
            BenchContextCommand.Create(),
            BenchServerCommand.Create(),
        };
    }

    static int Peak(ParseResult parse)
    {
        s_threads.Apply(parse);
        MachinePeak peak = MachinePeak.Measure();
        MachinePeak? bf16 = MachinePeak.Measure(Arithmetic.BF16), int8 = MachinePeak.Measure(Arithmetic.Q8);
        MemoryBandwidth memory = MemoryBandwidth.Measure();
        if (parse.GetValue(s_json))
        {
            Write(new()
            {
                ["processor"] = Processor.Name,
                ["vector_bits"] = Processor.VectorBits,
                ["threads"] = peak.Threads,
                ["gflops_one_core"] = Round(peak.OneCore / Giga, 1),
                ["gflops_all_cores"] = Round(peak.AllCores / Giga, 1),
                ["bf16_gflops_one_core"] = Rate(bf16?.OneCore),
                ["bf16_gflops_all_cores"] = Rate(bf16?.AllCores),
                ["int8_gops_one_core"] = Rate(int8?.OneCore),
                ["int8_gops_all_cores"] = Rate(int8?.AllCores),
                ["read_gb_per_second"] = Round(memory.Read / Giga, 1),
                ["copy_gb_per_second"] = Round(memory.Copy / Giga, 1),
            });
            return ExitCode.Done;
        }
        Line("processor", $"{Processor.Name}, {Processor.VectorBits}-bit vectors");
        Line("one core", $"{peak.OneCore / Giga:F1} GFLOP/s in F32");
        Line("all cores", $"{peak.AllCores / Giga:F1} GFLOP/s with {peak.Threads} threads");
        Line("BF16", $"{Peaks(bf16, "GFLOP/s", "VDPBF16PS")}");
        Line("8-bit", $"{Peaks(int8, "GOP/s", "VPDPBUSD")}");
        Line("memory", $"{memory.Read / Giga:F1} GB/s read, {memory.Copy / Giga:F1} GB/s copy (read and write)");
        return ExitCode.Done;
    }

    static JsonNode? Rate(double? perSecond) => perSecond is { } rate ? Round(rate / Giga, 1) : null;

    static string Peaks(MachinePeak? peak, string unit, string instruction) => peak is null
        ? $"{instruction} cannot be used here; farsight doctor has the reason"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{peak.OneCore / Giga:F1} {unit} on one core, {peak.AllCores / Giga:F1} {unit} with {peak.Threads} threads ({instruction})");

    static int Step(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        StepBenchmarkOptions options = new(
            Shape(parse), parse.GetValue(s_objective)!, !parse.GetValue(s_noSharing), parse.GetValue(s_warmup), parse.GetValue(s_steps),
            parse.GetValue(s_model))
        {
            LoraRank = parse.GetValue(s_loraRank),
            LoraTargets = parse.GetValue(s_loraTargets)?.Split(',', StringSplitOptions.TrimEntries),
            TrainEmbeddings = !parse.GetValue(s_noEmbeddings),
            Weights = parse.GetValue(s_weights) is { } weights ? s_formats[weights] : null,
            Memory = parse.GetValue(s_memory),
            Arithmetic = s_precision.Of(parse) ?? Arithmetic.F32,
            Attention = parse.GetValue(s_shiftedSparse) is { } group ? new AttentionPattern.ShiftedSparse(group) : null,
        };
        StepBenchmarkResult result = Time(options, cancel);
        if (parse.GetValue(s_json))
        {
            Write(Json(result));
        }
        else
        {
            Print(result);
        }
        return ExitCode.Done;
    }

    static StepShape Shape(ParseResult parse)
    {
        int? prompt = parse.GetValue(s_prompt);
        int[]? responses = parse.GetResult(s_responses) is null ? null : parse.GetValue(s_responses);
        return parse.GetValue(s_shape) is { } file
            ? StepShape.Read(file).With(prompt, responses)
            : StepShape.Of(parse.GetValue(s_model)!, prompt!.Value, responses!);
    }

    static int[] Lengths(ArgumentResult result)
    {
        string text = result.Tokens.Single().Value;
        int[] lengths =
        [
            .. text.Split(',').Select(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0),
        ];
        if (Array.TrueForAll(lengths, n => n > 0))
        {
            return lengths;
        }
        result.AddError($"--responses: '{text}' is not a list of lengths. Separate whole numbers by commas, as in 64,64.");
        return [];
    }

    static StepBenchmarkResult Time(StepBenchmarkOptions options, CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("step");
        return StepBenchmark.Run(options, new ProgressDisplay(line, options.Warmup + options.Steps), cancel);
    }

    /// <summary>Writes the keys of the peer script first, then our own.</summary>
    static JsonObject Json(StepBenchmarkResult r)
    {
        StepShape s = r.Options.Shape;
        StepTime fastest = r.Times[0];
        return new()
        {
            ["engine"] = $"farsight {typeof(BenchCommand).Assembly.GetName().Version?.ToString(3)}",
            ["threads"] = Workers.Threads,
            ["checkpoint"] = Level(r),
            ["seconds_min"] = Round(r.SecondsMin, 4),
            ["seconds_median"] = Round(r.SecondsMedian, 4),
            ["peak_rss_mib"] = r.PeakMemory >> 20,
            ["loss"] = r.Loss,
            ["hidden"] = s.Hidden,
            ["layers"] = s.Layers,
            ["heads"] = s.Heads,
            ["kv_heads"] = s.KvHeads,
            ["ffn"] = s.Ffn,
            ["vocab"] = s.Vocab,
            ["prompt"] = s.Prompt,
            ["responses"] = new JsonArray([.. s.Responses.Select(n => JsonValue.Create(n))]),
            ["experts"] = s.Experts,
            ["experts_per_token"] = s.ExpertsPerToken,
            ["objective"] = r.Options.Objective,
            ["model"] = r.Options.Model,
            ["weights"] = Weights(r),
            ["precision"] = r.Options.Arithmetic.Name(),
            ["lora_rank"] = r.Lora.Rank,
            ["lora_targets"] = new JsonArray([.. r.Lora.Targets.Select(t => JsonValue.Create(t))]),
            ["train_embeddings"] = r.Lora.TrainEmbeddings,
            ["sharing"] = r.Options.Sharing,
            ["shifted_sparse"] = (r.Options.Attention as AttentionPattern.ShiftedSparse)?.Group,
            ["tokens"] = r.Tokens,
            ["seconds_forward"] = Round(fastest.Forward, 4),
            ["seconds_backward"] = Round(fastest.Backward, 4),
            ["seconds_update"] = Round(fastest.Update, 4),
            ["flops"] = r.Flops.Total,
            ["flops_attention"] = r.Flops.Attention + r.Flops.AttentionBackward,
            ["peak_precision"] = r.Peak.Arithmetic.Name(),
            ["peak_gflops"] = Round(r.Peak.AllCores / Giga, 1),
            ["share_of_peak"] = Round(r.ShareOfPeak, 4),
        };
    }

    static string Level(StepBenchmarkResult r) => JsonNamingPolicy.KebabCaseLower.ConvertName(r.Level.ToString());

    static string Weights(StepBenchmarkResult r) => r.Options switch
    {
        { Weights: { } format } => s_formats.First(f => f.Value == format).Key,
        { Model: null } => "f32",
        _ => "stored",
    };

    static void Print(StepBenchmarkResult r)
    {
        StepTime fastest = r.Times[0];
        Line("step", $"{r.SecondsMin:F3} s minimum, {r.SecondsMedian:F3} s median of {r.Times.Count}, {Workers.Threads} threads");
        Line("phases", $"forward {fastest.Forward:F3} s, backward {fastest.Backward:F3} s, update {fastest.Update:F3} s");
        Line("tokens", $"{r.Tokens} rows, {r.Tokens / r.SecondsMin:F0} rows per second");
        double attention = (r.Flops.Attention + r.Flops.AttentionBackward) / r.Flops.Total;
        Line("operations", $"{r.Flops.Total / Giga:F1} GFLOP per step, {attention:P0} attention");
        Line("throughput", $"{r.ShareOfPeak:P1} of the {r.Peak.Arithmetic.Name()} peak of {r.Peak.AllCores / Giga:F1} GFLOP/s");
        Line("memory", $"{r.PeakMemory >> 20} MiB peak; weights {Weights(r)}; recomputation {Level(r)}");
        Line("precision", $"{r.Options.Arithmetic.Name()}");
        Line(
            "adapter",
            $"rank {r.Lora.Rank} on {string.Join(", ", r.Lora.Targets)}; embeddings {(r.Lora.TrainEmbeddings ? "trained" : "frozen")}");
        Line("loss", $"{r.Loss:F6}");
    }

    static void Line(string label, FormattableString text) =>
        Console.WriteLine($"{label,-13}{text.ToString(CultureInfo.InvariantCulture)}");

    static void Write(JsonObject json) => Console.WriteLine(json.ToJsonString(JsonSerializerOptions.Default));

    static double Round(double value, int digits) => Math.Round(value, digits);

    /// <summary>Shows the finished steps on the progress line.</summary>
    sealed class ProgressDisplay(ProgressLine line, int total) : IProgress<int>
    {
        public void Report(int value) => line.Report(value, total, "");
    }
}
