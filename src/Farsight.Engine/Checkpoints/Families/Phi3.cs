using System.Text.Json;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints.Families;

/// <summary>Represents Phi-3, 3.5 and 4: fused projections and LongRoPE; transformers: modular_phi3.py.</summary>
sealed record Phi3 : ModelFamily
{
    internal Phi3()
        : base("phi3", "Phi3ForCausalLM", 4096)
    {
        Windows = WindowKeys.AllLayersIfGiven;
        RmsNormEps = 1e-5;
        RotatesPartly = true;
        LongRopeWindow = 4096;
        ReplacesCode = true;
        Keys = ["partial_rotary_factor"];
    }

    internal override ModelConfig Describe(ConfigReader config, ModelConfig model) => model with { FusedProjections = true };

    internal override void Write(Utf8JsonWriter json, ModelConfig model)
    {
        if (model.RotaryDim is { } rotated)
        {
            json.WriteNumber("partial_rotary_factor", (double)rotated / model.HeadDim);
        }
    }
}
