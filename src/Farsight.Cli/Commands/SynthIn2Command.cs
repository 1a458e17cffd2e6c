using System.CommandLine;
using Farsight.Alignment.Synthesis.In2;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes questions about segments anywhere in a long context (<c>farsight synth in2</c>).</summary>
static class SynthIn2Command
{
    static readonly In2Options s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model whose tokens the contexts have. It writes the questions, unless --endpoint is given.");
    static readonly MethodFlags s_method = new(s_flags, s_defaults);
    static readonly Option<string> s_shares = new("--shares")
    {
        Description = "Weights of questions about one segment, about several segments of one text, and about a short text alone.",
        DefaultValueFactory = _ => s_defaults.Shares,
    };
    static readonly Option<int> s_segments = new("--segments")
    {
        Description = "Maximum segments of a question about several segments, and of a short text.",
        DefaultValueFactory = _ => s_defaults.Segments,
    };

    internal static Command Create() => s_method.Create(
        "in2",
        "Synthesize IN2 data (FILM): questions about short segments that stand anywhere in a long context.",
        [s_shares, s_segments],
        (parse, input) => new In2Options(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
        {
            Shares = parse.GetValue(s_shares)!,
            Segments = parse.GetValue(s_segments),
        });
}
