using System.Collections;
using System.Globalization;
using System.Numerics.Tensors;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Gguf;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Engine.Parameters;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Golden;

/// <summary>What is written of every model family is the same model when it is read back.</summary>
[Trait("Category", "Golden")]
public sealed class FamilyFilesTests
{
    const string Folder = "goldens-families";

    // Further cases may have something that llama.cpp lacks.
    static readonly string[] s_exported =
    [
        "gemma2", "gemma3_text", "granite", "llama-bias", "ministral", "mistral-window", "mixtral", "olmo2", "phi3", "phi3-long", "qwen2",
        "qwen3_moe", "smollm3",
    ];

    public static TheoryData<string, string> Cases => FamilyGoldenTests.Cases;

    [SharedTheory(Folder), MemberData(nameof(Cases))]
    public void A_written_config_describes_the_same_model(string name, string config)
    {
        using TemporaryFolder folder = new();
        FamilyGoldenTests.Copy(name, config, folder);
        ModelConfig read = HuggingFaceConfig.Read(folder["config.json"]);

        HuggingFaceConfig.Write(folder["again.json"], read, NumberFormat.F32);

        Assert.Equal(Text(read), Text(HuggingFaceConfig.Read(folder["again.json"])));
    }

    [SharedTheory(Folder), MemberData(nameof(Cases))]
    public void An_adapter_and_the_merged_model_give_the_log_probabilities_of_the_trained_model(string name, string config)
    {
        using TemporaryFolder folder = new();
        FamilyGoldenTests.Copy(name, config, folder);
        using GoldenCase golden = new(folder.Path);
        TokenTree tree = GoldenTests.Tree(golden, 2, shared: true);
        using DecoderModel trained = Trained(folder.Path);
        float[] expected = trained.LogProbs(tree);

        AdapterDescription description = new(3, 6, trained.Lora!.Targets, Whole(trained), "base") { BaseFingerprint = trained.Fingerprint };
        PeftAdapter.Write(folder["adapter"], description, [.. trained.Parameters.Select(p => (p.Name, p.Whole))], trained.Config);
        using DecoderModel read = ModelLoader.Load(folder.Path);
        ModelLoader.LoadAdapter(read, folder["adapter"]);
        new AdapterMerge(folder.Path, folder["adapter"], folder["merged"], NumberFormat.F32).Write();
        using DecoderModel merged = ModelLoader.Load(folder["merged"]);

        Assert.Equal(expected, read.LogProbs(tree));
        Near.Each([.. expected.Select(e => (double)e)], merged.LogProbs(tree), relative: 1e-4, absolute: 2e-4);
        Assert.Equal(Text(trained.Config), Text(merged.Config));
    }

    [SharedTheory(Folder), MemberData(nameof(Cases))]
    public void A_GGUF_file_has_the_names_and_shapes_of_llama_cpp(string name, string config)
    {
        using TemporaryFolder folder = new();
        FamilyGoldenTests.Copy(name, config, folder);
        using IModelFiles files = ModelFiles.Open(folder.Path);
        TensorToWrite[] weights = [.. ParameterShapes.Of(files.Config).Select(p => Weight(files, p))];
        void Write() => GgufModelWriter.Write(folder["m.gguf"], name, files.Config, weights, null, NumberFormat.F32);

        if (IsRefused(name, Write))
        {
            return;
        }

        using GgufFile file = GgufFile.Open(folder["m.gguf"]);
        string architecture = file.Metadata.Text("general.architecture");
        Assert.Equal(
            files.Config.ModelType switch
            {
                "gemma3_text" => "gemma3",
                "qwen3_moe" => "qwen3moe",
                "gemma2" or "granite" or "olmo2" or "phi3" or "qwen2" or "qwen3" or "smollm3" => files.Config.ModelType,
                _ => "llama",
            },
            architecture);
        Assert.Equal(Layer(architecture, files.Config), file.Tensors.Keys.Where(n => n.StartsWith("blk.0.", StringComparison.Ordinal))
            .Select(n => n["blk.0.".Length..]).Order(StringComparer.Ordinal));
        if (files.Config.Experts is { } experts)
        {
            Assert.Equal(
                [experts.Count, experts.IntermediateSize, files.Config.HiddenSize],
                file.Tensors["blk.0.ffn_up_exps.weight"].Shape);
            int layer = files.Config.NumHiddenLayers - 1;
            string last = LayerNames.Of(files.Config, layer).Mlps.Last().Inputs[1] + ".weight";
            float[] all = file.Tensors[$"blk.{layer}.ffn_up_exps.weight"].ReadFloats(), one = Values(weights.Single(w => w.Name == last));
            Assert.Equal(one, all[^one.Length..]);
        }
        if (files.Config.NormsAddOne)
        {
            float[] stored = file.Tensors["output_norm.weight"].ReadFloats();
            float[] gains = Values(weights.Single(w => w.Name == "model.norm.weight"));
            Assert.Equal(gains.Select(g => g + 1), stored);
            CheckScoreScale(files.Config, file, weights);
        }
        if (files.Config.RopeScaling is RopeScaling.LongRope)
        {
            Assert.Equal(
                (files.Config.RotaryDim ?? files.Config.HeadDim) / 2,
                file.Tensors["rope_factors_long.weight"].Shape[0]);
        }
    }

    [SharedTheory(Folder), MemberData(nameof(Cases))]
    public void A_model_from_a_GGUF_file_gives_the_logits_of_its_directory(string name, string config)
    {
        using TemporaryFolder folder = new();
        FamilyGoldenTests.Copy(name, config, folder);
        using (IModelFiles files = ModelFiles.Open(folder.Path))
        {
            TensorToWrite[] weights = [.. ParameterShapes.Of(files.Config).Select(p => Weight(files, p))];
            void Write() => GgufModelWriter.Write(folder["m.gguf"], name, files.Config, weights, null, NumberFormat.F32);
            if (IsRefused(name, Write))
            {
                return;
            }
        }
        using GoldenCase golden = new(folder.Path);
        using DecoderModel original = ModelLoader.Load(folder.Path), read = ModelLoader.Load(folder["m.gguf"]);
        // Beyond its context a file does not describe the model: there the windows begin that llama.cpp lacks.
        int count = Math.Min(golden.Prompt.Length + golden.Responses[0].Length, read.Config.MaxPositionEmbeddings - 1);
        int[] tokens = [.. golden.Prompt.Concat(golden.Responses[0]).Take(count), 0];

        float[] expected = Logits(original, tokens), actual = Logits(read, tokens);

        // Gemma's queries are stored times a factor, and keys and the factors of LongRoPE are rounded to F32.
        ModelConfig model = original.Config;
        if (model.NormsAddOne || !model.RopeScaling.IsPlain || model.LogitScale != 1)
        {
            Near.RelativeToLargest([.. expected.Select(e => (double)e)], actual, relative: 1e-5, name);
        }
        else
        {
            Assert.Equal(expected, actual);
        }
    }

    /// <summary>Writes a case, and returns whether llama.cpp lacks something that its model has.</summary>
    static bool IsRefused(string name, Action write)
    {
        try
        {
            write();
        }
        catch (InputException e) when (e.Message.Contains("cannot be exported to GGUF: llama.cpp", StringComparison.Ordinal))
        {
            Assert.DoesNotContain(name, s_exported);
            return true;
        }
        Assert.NotEqual("qwen3_moe-mixed", name); // one of its layers has no experts
        return false;
    }

    /// <summary>Returns the logits after every token except the last: [T - 1, V].</summary>
    internal static float[] Logits(DecoderModel model, int[] tokens)
    {
        using TreePass pass = model.Forward(TokenTree.Sequence(tokens));
        using RowsOwner memory = new();
        Rows logits = memory.Allocate(pass.LogProbs.Length, model.Config.VocabSize);
        for (int i = 0; i < logits.Count; i++)
        {
            pass.Logits(i, logits.Slice(i, 1));
        }
        return logits.Span.ToArray();
    }

    /// <summary>llama.cpp scales Gemma's scores by the head dimension, so that the queries have to take what differs.</summary>
    static void CheckScoreScale(ModelConfig config, GgufFile file, TensorToWrite[] weights)
    {
        bool isNormed = config.QueryKeyNorm;
        string ours = isNormed ? "model.layers.0.self_attn.q_norm.weight" : "model.layers.0.self_attn.q_proj.weight";
        float[] expected = Values(weights.Single(w => w.Name == ours));
        float[] stored = file.Tensors[isNormed ? "blk.0.attn_q_norm.weight" : "blk.0.attn_q.weight"].ReadFloats();
        double factor = config.AttentionScale!.Value * Math.Sqrt(config.HeadDim);
        Near.Each([.. expected.Select(e => factor * (isNormed ? e + 1.0 : e))], stored, relative: 1e-6);
    }

    static IEnumerable<string> Layer(string architecture, ModelConfig config)
    {
        string[] attention = architecture == "phi3" ? ["attn_qkv", "attn_output"] : ["attn_q", "attn_k", "attn_v", "attn_output"];
        string[] norms = architecture switch
        {
            "gemma2" => ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"],
            "gemma3" => ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm", "attn_q_norm", "attn_k_norm"],
            "olmo2" => ["post_attention_norm", "post_ffw_norm", "attn_q_norm", "attn_k_norm"],
            "qwen3" or "qwen3moe" => ["attn_norm", "ffn_norm", "attn_q_norm", "attn_k_norm"],
            _ => ["attn_norm", "ffn_norm"],
        };
        string[] mlp = architecture == "phi3" ? ["ffn_up", "ffn_down"]
            : config.HasExperts(0) ? ["ffn_gate_inp", "ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"]
            : ["ffn_gate", "ffn_up", "ffn_down"];
        string[] biased =
        [
            .. config.AttentionBias ? ["attn_q", "attn_k", "attn_v"] : Array.Empty<string>(),
            .. config.OutputBias ? ["attn_output"] : Array.Empty<string>(),
            .. config.MlpBias ? mlp : [],
        ];
        return attention.Concat(norms).Concat(mlp).Select(n => n + ".weight").Concat(biased.Select(n => n + ".bias"))
            .Order(StringComparer.Ordinal);
    }

    /// <summary>The model with an adapter on all its layers, the embeddings and the norms, none of them without effect.</summary>
    static DecoderModel Trained(string folder)
    {
        DecoderModel model = ModelLoader.Load(folder);
        model.AttachLora(new(3, 6, LinearShape.TargetsOf(model.Config), TrainEmbeddings: true, TrainNorms: true), seed: 1);
        foreach (Parameter parameter in model.Parameters.Where(p => p.Touched is null))
        {
            float[] noise = TestData.Normal((int)parameter.Value.Length, seed: 5);
            TensorPrimitives.MultiplyAdd(noise, 0.02f, parameter.Value.Span, parameter.Value.Span);
        }
        return model;
    }

    static string[] Whole(DecoderModel model) =>
        [.. model.Parameters.Where(p => p.Role != ParameterRole.Lora).Select(p => p.Name.Split('.')[^2]).Distinct()];

    internal static TensorToWrite Weight(IModelFiles files, ParameterShape p)
    {
        Rows values = Rows.Allocate(p.Shape[0], p.Shape.Count == 2 ? p.Shape[1] : 1);
        if (p.Shape.Count == 1)
        {
            files.Vector(p.Name, p.Shape[0]).Span.CopyTo(values.Span);
        }
        else
        {
            for (int row = 0; row < values.Count; row++)
            {
                files.Matrix(p.Name, p.Shape[0], p.Shape[1]).Read(row, 0, values[row]);
            }
        }
        return TensorToWrite.From(p.Name, NumberFormat.F32, values, asVector: p.Shape.Count == 1);
    }

    static float[] Values(TensorToWrite tensor)
    {
        float[] values = new float[tensor.Count];
        tensor.Values(0, values);
        return values;
    }

    /// <summary>Every property of a description, with the entries of lists.</summary>
    internal static string Text(object value) => value switch
    {
        string text => text,
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Text))}]",
        RopeScaling.LongRope rope =>
            $"{rope} {Text(rope.ShortFactors)} {Text(rope.LongFactors)}",
        ModelConfig or MixtureOfExperts =>
            string.Join("\n", value.GetType().GetProperties().Select(p => $"{p.Name} {Text(p.GetValue(value) ?? "none")}")),
        _ => string.Format(CultureInfo.InvariantCulture, "{0}", value),
    };
}
