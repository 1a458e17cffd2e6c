using Farsight.Engine.Checkpoints;
using Farsight.Engine.Checkpoints.Families;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>Configurations with the keys that published models of each family have.</summary>
public sealed class RealConfigTests
{
    const string Older =
        "\"initializer_range\":0.02,\"use_cache\":true,\"tie_word_embeddings\":false,\"hidden_act\":\"silu\","
        + "\"transformers_version\":\"4.31.0\",\"torch_dtype\":\"bfloat16\"";
    const string Newer =
        "\"initializer_range\":0.02,\"use_cache\":true,\"hidden_act\":\"silu\",\"attention_dropout\":0.0,"
        + "\"transformers_version\":\"5.0.0\",\"dtype\":\"bfloat16\",\"chunk_size_feed_forward\":0,\"output_attentions\":false,"
        + "\"is_encoder_decoder\":false";

    public static TheoryData<string, string, string> Files =>
        new()
        {
            {
                "Llama 2",
                $$"""
                {"_name_or_path":"x","architectures":["LlamaForCausalLM"],"bos_token_id":1,"eos_token_id":2,"hidden_size":4096,
                "intermediate_size":11008,"max_position_embeddings":4096,"model_type":"llama","num_attention_heads":32,
                "num_hidden_layers":32,"num_key_value_heads":32,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":null,
                "vocab_size":32000,{{Older}}}
                """,
                "Unscaled 10000 128"
            },
            {
                "Llama 3",
                $$"""
                {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":128000,
                "eos_token_id":128009,"hidden_size":4096,"intermediate_size":14336,"max_position_embeddings":8192,"model_type":"llama",
                "num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"pretraining_tp":1,"rms_norm_eps":1e-05,
                "rope_scaling":null,"rope_theta":500000.0,"vocab_size":128256,{{Older}}}
                """,
                "Unscaled 500000 128"
            },
            {
                "Llama 3.1",
                $$"""
                {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":128000,
                "eos_token_id":[128001,128008,128009],"hidden_size":4096,"intermediate_size":14336,"max_position_embeddings":131072,
                "mlp_bias":false,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,
                "pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
                "original_max_position_embeddings":8192,"rope_type":"llama3"},"rope_theta":500000.0,"vocab_size":128256,{{Older}}}
                """,
                "Llama3 500000 128"
            },
            {
                "Llama 3.2",
                """
                {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":128000,
                "eos_token_id":[128001,128008,128009],"head_dim":64,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,
                "intermediate_size":8192,"max_position_embeddings":131072,"mlp_bias":false,"model_type":"llama","num_attention_heads":32,
                "num_hidden_layers":16,"num_key_value_heads":8,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":{"factor":32.0,
                "high_freq_factor":4.0,"low_freq_factor":1.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},
                "rope_theta":500000.0,"tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.45.0.dev0",
                "use_cache":true,"vocab_size":128256}
                """,
                "Llama3 500000 64"
            },
            {
                "Llama 3.2 saved by transformers 5",
                $$"""
                {"architectures":["LlamaForCausalLM"],"attention_bias":false,"bos_token_id":128000,"eos_token_id":128001,
                "pad_token_id":128004,"head_dim":64,"hidden_size":2048,"intermediate_size":8192,"max_position_embeddings":131072,
                "mlp_bias":false,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":16,"num_key_value_heads":8,
                "pretraining_tp":1,"rms_norm_eps":1e-05,"rope_parameters":{"factor":32.0,"high_freq_factor":4.0,"low_freq_factor":1.0,
                "original_max_position_embeddings":8192,"rope_theta":500000.0,"rope_type":"llama3"},"tie_word_embeddings":true,
                "vocab_size":128256,{{Newer}}}
                """,
                "Llama3 500000 64"
            },
            {
                "SmolLM2",
                """
                {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":1,"eos_token_id":2,
                "hidden_act":"silu","hidden_size":960,"initializer_range":0.02,"intermediate_size":2560,"is_llama_config":true,
                "max_position_embeddings":8192,"mlp_bias":false,"model_type":"llama","num_attention_heads":15,"num_hidden_layers":32,
                "num_key_value_heads":5,"pad_token_id":2,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_interleaved":false,
                "rope_scaling":null,"rope_theta":100000,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
                "transformers.js_config":{"kv_cache_dtype":{"q4f16":"float16"}},"transformers_version":"4.42.3","use_cache":true,
                "vocab_size":49152}
                """,
                "Unscaled 100000 64"
            },
            {
                "a coder with linear scaling",
                $$"""
                {"architectures":["LlamaForCausalLM"],"bos_token_id":32013,"eos_token_id":32014,"hidden_size":2048,
                "intermediate_size":5504,"max_position_embeddings":16384,"model_type":"llama","num_attention_heads":16,
                "num_hidden_layers":24,"num_key_value_heads":16,"pretraining_tp":1,"rms_norm_eps":1e-06,"rope_scaling":{"factor":4.0,
                "type":"linear"},"rope_theta":100000,"vocab_size":32256,{{Older}}}
                """,
                "Linear 100000 128"
            },
            {
                "Mistral v0.1",
                $$"""
                {"architectures":["MistralForCausalLM"],"bos_token_id":1,"eos_token_id":2,"hidden_size":4096,"intermediate_size":14336,
                "max_position_embeddings":32768,"model_type":"mistral","num_attention_heads":32,"num_hidden_layers":32,
                "num_key_value_heads":8,"rms_norm_eps":1e-05,"rope_theta":10000.0,"sliding_window":4096,"vocab_size":32000,{{Older}}}
                """,
                "Unscaled 10000 128 window 4096 in 32"
            },
            {
                "Mistral v0.3",
                $$"""
                {"architectures":["MistralForCausalLM"],"attention_dropout":0.0,"bos_token_id":1,"eos_token_id":2,"hidden_size":4096,
                "intermediate_size":14336,"max_position_embeddings":32768,"model_type":"mistral","num_attention_heads":32,
                "num_hidden_layers":32,"num_key_value_heads":8,"rms_norm_eps":1e-05,"rope_theta":1000000.0,"sliding_window":null,
                "vocab_size":32768,{{Older}}}
                """,
                "Unscaled 1000000 128"
            },
            {
                "Qwen2.5",
                """
                {"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151645,
                "hidden_act":"silu","hidden_size":896,"initializer_range":0.02,"intermediate_size":4864,"max_position_embeddings":32768,
                "max_window_layers":21,"model_type":"qwen2","num_attention_heads":14,"num_hidden_layers":24,"num_key_value_heads":2,
                "rms_norm_eps":1e-06,"rope_theta":1000000.0,"sliding_window":32768,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
                "transformers_version":"4.43.1","use_cache":true,"use_mrope":false,"use_sliding_window":false,"vocab_size":151936}
                """,
                "Unscaled 1000000 64"
            },
            {
                "Qwen2.5 with YaRN as its card says",
                """
                {"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151645,
                "hidden_act":"silu","hidden_size":3584,"initializer_range":0.02,"intermediate_size":18944,"max_position_embeddings":32768,
                "max_window_layers":28,"model_type":"qwen2","num_attention_heads":28,"num_hidden_layers":28,"num_key_value_heads":4,
                "rms_norm_eps":1e-06,"rope_scaling":{"factor":4.0,"original_max_position_embeddings":32768,"type":"yarn"},
                "rope_theta":1000000.0,"sliding_window":131072,"tie_word_embeddings":false,"torch_dtype":"bfloat16","use_cache":true,
                "use_sliding_window":false,"vocab_size":152064}
                """,
                "Yarn 1000000 128"
            },
            {
                "Qwen3",
                """
                {"architectures":["Qwen3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":151643,
                "eos_token_id":151645,"head_dim":128,"hidden_act":"silu","hidden_size":1024,"initializer_range":0.02,
                "intermediate_size":3072,"max_position_embeddings":40960,"max_window_layers":28,"model_type":"qwen3",
                "num_attention_heads":16,"num_hidden_layers":28,"num_key_value_heads":8,"rms_norm_eps":1e-06,"rope_scaling":null,
                "rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
                "transformers_version":"4.51.0","use_cache":true,"use_sliding_window":false,"vocab_size":151936}
                """,
                "Unscaled 1000000 128"
            },
            {
                "Qwen3 saved by transformers 5",
                $$"""
                {"architectures":["Qwen3ForCausalLM"],"attention_bias":false,"bos_token_id":151643,"eos_token_id":151645,
                "pad_token_id":null,"head_dim":128,"hidden_size":1024,"intermediate_size":3072,"layer_types":["full_attention",
                "full_attention"],"max_position_embeddings":40960,"max_window_layers":28,"model_type":"qwen3","num_attention_heads":16,
                "num_hidden_layers":2,"num_key_value_heads":8,"rms_norm_eps":1e-06,"rope_parameters":{"rope_theta":1000000,
                "rope_type":"default"},"sliding_window":null,"tie_word_embeddings":true,"use_sliding_window":false,"vocab_size":151936,
                {{Newer}}}
                """,
                "Unscaled 1000000 128"
            },
            {
                "Code World Model",
                $$"""
                {"architectures":["CwmForCausalLM"],"bos_token_id":128000,"eos_token_id":[128001,128008,128009],"head_dim":128,
                "hidden_size":6144,"intermediate_size":21504,"layer_types":["full_attention","sliding_attention","sliding_attention",
                "sliding_attention"],"max_position_embeddings":131072,"mlp_bias":false,"model_type":"cwm","num_attention_heads":48,
                "num_hidden_layers":4,"num_key_value_heads":8,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":{"factor":16.0,
                "high_freq_factor":4.0,"low_freq_factor":1.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},
                "rope_theta":1000000.0,"sliding_window":8192,"vocab_size":128256,{{Older}}}
                """,
                "Llama3 1000000 128 window 8192 in 3"
            },
            {
                "Seed-OSS",
                """
                {"architectures":["SeedOssForCausalLM"],"attention_bias":true,"attention_dropout":0.1,"attention_out_bias":false,
                "bos_token_id":0,"pad_token_id":1,"eos_token_id":2,"head_dim":128,"hidden_act":"silu","hidden_size":5120,
                "initializer_range":0.02,"intermediate_size":27648,"max_position_embeddings":524288,"mlp_bias":false,
                "model_type":"seed_oss","num_attention_heads":80,"num_hidden_layers":64,"num_key_value_heads":8,"residual_dropout":0.1,
                "rms_norm_eps":1e-06,"rope_scaling":{"rope_type":"default"},"rope_theta":10000000.0,"tie_word_embeddings":false,
                "torch_dtype":"bfloat16","transformers_version":"4.55.0","use_cache":true,"vocab_size":155136}
                """,
                "Unscaled 10000000 128"
            },
            {
                "Gemma 2 2B",
                """
                {"architectures":["Gemma2ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"attn_logit_softcapping":50.0,
                "bos_token_id":2,"cache_implementation":"hybrid","eos_token_id":[1,107],"final_logit_softcapping":30.0,"head_dim":256,
                "hidden_act":"gelu_pytorch_tanh","hidden_activation":"gelu_pytorch_tanh","hidden_size":2304,"initializer_range":0.02,
                "intermediate_size":9216,"max_position_embeddings":8192,"model_type":"gemma2","num_attention_heads":8,
                "num_hidden_layers":26,"num_key_value_heads":4,"pad_token_id":0,"query_pre_attn_scalar":256,"rms_norm_eps":1e-06,
                "rope_theta":10000.0,"sliding_window":4096,"torch_dtype":"bfloat16","transformers_version":"4.42.4","use_cache":true,
                "vocab_size":256000}
                """,
                "Unscaled 10000 256 window 4096 in 13"
            },
            {
                "Gemma 3 1B",
                """
                {"architectures":["Gemma3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"attn_logit_softcapping":null,
                "bos_token_id":2,"cache_implementation":"hybrid","eos_token_id":[1,106],"final_logit_softcapping":null,"head_dim":256,
                "hidden_activation":"gelu_pytorch_tanh","hidden_size":1152,"initializer_range":0.02,"intermediate_size":6912,
                "max_position_embeddings":32768,"model_type":"gemma3_text","num_attention_heads":4,"num_hidden_layers":26,
                "num_key_value_heads":1,"pad_token_id":0,"query_pre_attn_scalar":256,"rms_norm_eps":1e-06,"rope_local_base_freq":10000,
                "rope_scaling":null,"rope_theta":1000000,"sliding_window":512,"sliding_window_pattern":6,"torch_dtype":"bfloat16",
                "transformers_version":"4.50.0.dev0","use_cache":true,"vocab_size":262144}
                """,
                "Unscaled 1000000 256 window 512 in 22"
            },
            {
                "Phi-3 mini 4k",
                """
                {"_name_or_path":"x","architectures":["Phi3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"auto_map":
                {"AutoConfig":"configuration_phi3.Phi3Config","AutoModelForCausalLM":"modeling_phi3.Phi3ForCausalLM"},"bos_token_id":1,
                "embd_pdrop":0.0,"eos_token_id":32000,"hidden_act":"silu","hidden_size":3072,"initializer_range":0.02,
                "intermediate_size":8192,"max_position_embeddings":4096,"model_type":"phi3","num_attention_heads":32,
                "num_hidden_layers":32,"num_key_value_heads":32,"original_max_position_embeddings":4096,"pad_token_id":32000,
                "resid_pdrop":0.0,"rms_norm_eps":1e-05,"rope_scaling":null,"rope_theta":10000.0,"sliding_window":2047,
                "tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.40.2","use_cache":true,"vocab_size":32064}
                """,
                "Unscaled 10000 96 window 2047 in 32"
            },
            {
                "Phi-4 mini, its lists shortened to two heads' pairs",
                """
                {"architectures":["Phi3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":199999,
                "embd_pdrop":0.0,"eos_token_id":199999,"full_attn_mod":1,"hidden_act":"silu","hidden_size":64,"initializer_range":0.02,
                "intermediate_size":8192,"interpolate_factor":1,"lm_head_bias":false,"max_position_embeddings":131072,"mlp_bias":false,
                "model_type":"phi3","num_attention_heads":8,"num_hidden_layers":32,"num_key_value_heads":8,
                "original_max_position_embeddings":4096,"pad_token_id":199999,"partial_rotary_factor":0.75,"resid_pdrop":0.0,
                "rms_norm_eps":1e-05,"rope_scaling":{"long_factor":[1,1.1,32],"short_factor":[1.0,1.0,1.0],"type":"longrope"},
                "rope_theta":10000.0,"sliding_window":262144,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
                "transformers_version":"4.45.0","use_cache":true,"vocab_size":200064}
                """,
                "LongRope 10000 8 window 262144 in 32"
            },
            {
                "Mixtral 8x7B",
                $$"""
                {"architectures":["MixtralForCausalLM"],"attention_dropout":0.0,"bos_token_id":1,"eos_token_id":2,"hidden_size":4096,
                "intermediate_size":14336,"max_position_embeddings":32768,"model_type":"mixtral","num_attention_heads":32,
                "num_experts_per_tok":2,"num_hidden_layers":32,"num_key_value_heads":8,"num_local_experts":8,
                "output_router_logits":false,"rms_norm_eps":1e-05,"rope_theta":1000000.0,"router_aux_loss_coef":0.02,
                "sliding_window":null,"vocab_size":32000,{{Older}}}
                """,
                "Unscaled 1000000 128"
            },
            {
                "Qwen3 30B-A3B",
                """
                {"architectures":["Qwen3MoeForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":151643,
                "decoder_sparse_step":1,"eos_token_id":151645,"head_dim":128,"hidden_act":"silu","hidden_size":2048,
                "initializer_range":0.02,"intermediate_size":6144,"max_position_embeddings":40960,"max_window_layers":48,
                "mlp_only_layers":[],"model_type":"qwen3_moe","moe_intermediate_size":768,"norm_topk_prob":true,
                "num_attention_heads":32,"num_experts":128,"num_experts_per_tok":8,"num_hidden_layers":48,"num_key_value_heads":4,
                "output_router_logits":false,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":1000000.0,
                "router_aux_loss_coef":0.001,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16",
                "transformers_version":"4.51.0","use_cache":true,"use_sliding_window":false,"vocab_size":151936}
                """,
                "Unscaled 1000000 128"
            },
            {
                "OLMo 2 7B",
                """
                {"architectures":["Olmo2ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"eos_token_id":100257,
                "hidden_act":"silu","hidden_size":4096,"initializer_range":0.02,"intermediate_size":11008,
                "max_position_embeddings":4096,"model_type":"olmo2","num_attention_heads":32,"num_hidden_layers":32,
                "num_key_value_heads":32,"pad_token_id":100277,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":500000,
                "tie_word_embeddings":false,"torch_dtype":"float32","transformers_version":"4.47.0.dev0","use_cache":false,
                "vocab_size":100352}
                """,
                "Unscaled 500000 128"
            },
            {
                "SmolLM3 3B",
                """
                {"architectures":["SmolLM3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":null,
                "eos_token_id":128012,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,"intermediate_size":11008,
                "layer_types":["full_attention","full_attention","full_attention","full_attention"],"max_position_embeddings":65536,
                "max_window_layers":28,"mlp_bias":false,"model_type":"smollm3","no_rope_layer_interval":4,"no_rope_layers":[1,1,1,0],
                "num_attention_heads":16,"num_hidden_layers":4,"num_key_value_heads":4,"pad_token_id":128004,"pretraining_tp":2,
                "rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":5000000.0,"sliding_window":null,"torch_dtype":"bfloat16",
                "transformers_version":"4.54.0.dev0","use_cache":false,"use_sliding_window":false,"vocab_size":128256}
                """,
                "Unscaled 5000000 128"
            },
            {
                "Granite 3.1 2B",
                """
                {"architectures":["GraniteForCausalLM"],"attention_bias":false,"attention_dropout":0.1,"attention_multiplier":0.015625,
                "bos_token_id":0,"embedding_multiplier":12.0,"eos_token_id":0,"hidden_act":"silu","hidden_size":2048,
                "initializer_range":0.02,"intermediate_size":8192,"logits_scaling":8.0,"max_position_embeddings":131072,
                "mlp_bias":false,"model_type":"granite","num_attention_heads":32,"num_hidden_layers":40,"num_key_value_heads":8,
                "pad_token_id":0,"residual_multiplier":0.22,"rms_norm_eps":1e-05,"rope_scaling":null,"rope_theta":5000000.0,
                "tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.47.0.dev0","use_cache":true,
                "vocab_size":49155}
                """,
                "Unscaled 5000000 64"
            },
        };

    [Fact]
    public void The_documentation_names_every_family()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs/models.md"));

        Assert.All(ModelFamily.All.Keys, type => Assert.Contains($"| `{type}` |", text));
    }

    [Theory, MemberData(nameof(Files))]
    public void A_published_configuration_is_read(string model, string json, string expected)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], json);

        ModelConfig config = HuggingFaceConfig.Read(folder["config.json"]);

        int windowed = Enumerable.Range(0, config.NumHiddenLayers).Count(l => config.WindowOf(l) is not null);
        string window = windowed == 0 ? "" : FormattableString.Invariant($" window {config.SlidingWindow} in {windowed}");
        Assert.Equal(
            expected,
            FormattableString.Invariant($"{config.RopeScaling.GetType().Name} {config.RopeTheta} {config.HeadDim}{window}"));
        Assert.NotEmpty(model);
    }
}
