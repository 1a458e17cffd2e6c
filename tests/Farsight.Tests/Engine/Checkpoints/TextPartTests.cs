using System.Text.Json.Nodes;
using Farsight.Alignment.Export;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Tests.Golden;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>A multimodal model is read as the text model inside it.</summary>
public sealed class TextPartTests : IDisposable
{
    const string Gemma = """
        {
          "model_type": "gemma3_text", "vocab_size": 20, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 3,
          "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4, "query_pre_attn_scalar": 6, "sliding_window": 5,
          "sliding_window_pattern": 3, "rope_scaling": { "rope_type": "linear", "factor": 2 }, "max_position_embeddings": 64
        }
        """;
    const string Mistral = """
        {
          "model_type": "mistral", "vocab_size": 20, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
          "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4, "sliding_window": null, "rope_theta": 1000000
        }
        """;

    readonly TemporaryFolder _folder = new();

    string Plain => _folder["plain/model"];

    string Multimodal => _folder["multimodal/model"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Gemma, "gemma3", "language_model.model.", "language_model.lm_head.weight", "vision_tower.")]
    [InlineData(Gemma, "gemma3", "model.language_model.", "lm_head.weight", "model.vision_tower.")]
    [InlineData(Mistral, "mistral3", "language_model.model.", "language_model.lm_head.weight", "multi_modal_projector.")]
    [InlineData(Mistral, "mistral3", "model.language_model.", "lm_head.weight", "model.multi_modal_projector.")]
    public void The_text_part_is_the_text_model(string text, string type, string layers, string head, string ignored)
    {
        Write(text, type, name => name == "lm_head.weight" ? head : layers + name["model.".Length..], ignored);

        using DecoderModel plain = ModelLoader.Load(Plain), inside = ModelLoader.Load(Multimodal);
        int[] tokens = [1, 7, 3, 9, 4, 11, 5, 2, 8];

        Assert.Equal(FamilyFilesTests.Logits(plain, tokens), FamilyFilesTests.Logits(inside, tokens));
        Assert.Equal(plain.Fingerprint, inside.Fingerprint);
        Assert.Equal([3], inside.Config.EosTokenIds);
        string notice = $"{Path.Combine(Multimodal, "config.json")}: the model is multimodal. Only its text part is used; 2 weights of "
            + "other parts are ignored.";
        IEnumerable<string> others = ModelNotices.Of(Plain).Select(n => n.Replace(Plain, Multimodal, StringComparison.Ordinal));
        Assert.Equal([notice, .. others], ModelNotices.Of(Multimodal));
    }

    [Fact]
    public void A_merged_and_an_exported_model_are_the_text_model_alone()
    {
        Write(Gemma, "gemma3", name => $"language_model.{name}", "vision_tower.");
        using (DecoderModel model = ModelLoader.Load(Multimodal))
        {
            model.AttachLora(new(2, 4, ["q_proj", "down_proj"], TrainEmbeddings: false, TrainNorms: false), seed: 1);
            AdapterDescription description = new(2, 4, model.Lora!.Targets, [], "base") { BaseFingerprint = model.Fingerprint };
            PeftAdapter.Write(_folder["adapter"], description, [.. model.Parameters.Select(p => (p.Name, p.Whole))], model.Config);
        }

        MergedModel merged = new AdapterMerge(Multimodal, _folder["adapter"], _folder["merged"], NumberFormat.F32).Write();
        foreach (string model in (string[])[Plain, Multimodal])
        {
            GgufModel(model, _folder[Path.GetFileName(Path.GetDirectoryName(model))! + ".gguf"]);
        }

        Assert.Contains("multimodal", merged.Notices[0], StringComparison.Ordinal);
        JsonObject config = JsonNode.Parse(File.ReadAllText(_folder["merged/config.json"]))!.AsObject();
        Assert.Equal(("gemma3_text", false), ((string?)config["model_type"], config.ContainsKey("text_config")));
        Assert.Empty(ModelNotices.Of(_folder["merged"]));
        Assert.Equal(File.ReadAllBytes(_folder["plain.gguf"]), File.ReadAllBytes(_folder["multimodal.gguf"]));
    }

    [Fact]
    public void Sizes_that_a_released_file_leaves_out_are_those_of_transformers()
    {
        Directory.CreateDirectory(_folder["released"]);
        File.WriteAllText(_folder["released/config.json"], """
            {
              "architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "boi_token_index": 255999,
              "eoi_token_index": 256000, "eos_token_id": [1, 106], "image_token_index": 262144, "initializer_range": 0.02,
              "mm_tokens_per_image": 256, "torch_dtype": "bfloat16", "transformers_version": "4.50.0.dev0",
              "text_config": {
                "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
                "rope_scaling": { "factor": 8.0, "rope_type": "linear" }, "sliding_window": 1024
              },
              "vision_config": { "hidden_size": 1152, "model_type": "siglip_vision_model" }
            }
            """);

        ModelConfig config = HuggingFaceConfig.Read(_folder["released/config.json"]);

        Assert.Equal((262_208, 2560, 34), (config.VocabSize, config.HiddenSize, config.NumHiddenLayers));
        Assert.Equal((8, 4, 256), (config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim));
        Assert.Equal([1, 106], config.EosTokenIds);
        Assert.True(config.TieWordEmbeddings);
    }

    [Theory]
    [InlineData("\"text_config\":", "\"text\":", "text_config is missing")]
    [InlineData("\"gemma3_text\"", "\"falcon\"", "text_config.model_type is \"falcon\"")]
    [InlineData("\"hidden_size\": 8", "\"hidden_size\": 0", "text_config.hidden_size is 0")]
    [InlineData("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 3, \"logit_scale\": 2", "text_config.logit_scale is 2")]
    [InlineData("\"tie_word_embeddings\": true", "\"quantization_config\": {\"bits\": 4}", "quantization_config is")]
    [InlineData("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": true, \"audio_scale\": 2", "audio_scale is 2")]
    [InlineData("\"vocab_size\": 20", "\"vocab_size\": 20, \"tie_word_embeddings\": false", "text_config has another value")]
    public void A_key_that_is_not_supported_is_named_with_its_place(string good, string bad, string says)
    {
        string config = $$"""
            {
              "model_type": "gemma3", "architectures": ["Gemma3ForConditionalGeneration"], "tie_word_embeddings": true,
              "text_config": {{Gemma}}
            }
            """;
        Directory.CreateDirectory(_folder["bad"]);
        File.WriteAllText(_folder["bad/config.json"], config.Replace(good, bad, StringComparison.Ordinal));

        InputException e = Assert.Throws<InputException>(() => HuggingFaceConfig.Read(_folder["bad/config.json"]));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_of_an_unknown_part_is_refused()
    {
        Write(Gemma, "gemma3", name => $"language_model.{name}", "audio_tower.");

        InputException e = Assert.Throws<InputException>(() => ModelLoader.Load(Multimodal));

        Assert.Contains("audio_tower.", e.Message, StringComparison.Ordinal);
    }

    static void GgufModel(string model, string file)
    {
        using IModelFiles files = ModelFiles.Open(model);
        TensorToWrite[] weights = [.. ParameterShapes.Of(files.Config).Select(p => Weight(files, p))];
        Farsight.Engine.Checkpoints.Gguf.GgufModelWriter.Write(file, "model", files.Config, weights, null, NumberFormat.F32);
    }

    static TensorToWrite Weight(IModelFiles files, ParameterShape p) => p.Shape is [int rows, int columns]
        ? TensorToWrite.From(p.Name, NumberFormat.F32, files.Matrix(p.Name, rows, columns))
        : TensorToWrite.From(p.Name, NumberFormat.F32, files.Vector(p.Name, p.Shape[0]), asVector: true);

    /// <summary>Writes the text model alone, and in a multimodal model with its own names and two more weights.</summary>
    void Write(string text, string type, Func<string, string> nameOf, string others)
    {
        string architecture = type == "gemma3" ? "Gemma3" : "Mistral3";
        Directory.CreateDirectory(Plain);
        Directory.CreateDirectory(Multimodal);
        JsonObject plain = JsonNode.Parse(text)!.AsObject();
        plain["eos_token_id"] = 3;
        File.WriteAllText(Path.Combine(Plain, "config.json"), plain.ToJsonString());
        File.WriteAllText(
            Path.Combine(Multimodal, "config.json"),
            $$"""
            {
              "model_type": "{{type}}", "architectures": ["{{architecture}}ForConditionalGeneration"], "image_token_index": 19,
              "eos_token_id": 3, "text_config": {{text}}, "vision_config": { "hidden_size": 1152 }
            }
            """);
        TensorToWrite[] weights = TinyModelFiles.Weights(HuggingFaceConfig.Read(Path.Combine(Plain, "config.json")));
        SafetensorsWriter.Write(Path.Combine(Plain, "model.safetensors"), weights);
        SafetensorsWriter.Write(
            Path.Combine(Multimodal, "model.safetensors"),
            [
                .. weights.Select(w => w with { Name = nameOf(w.Name) }),
                TensorToWrite.From($"{others}a.weight", NumberFormat.BF16, new float[6], 2, 3),
                TensorToWrite.From($"{others}b.bias", NumberFormat.BF16, new float[2], 2),
            ]);
    }
}
