using System.CommandLine;
using Farsight.Alignment.Synthesis.Multihop;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes questions that need several documents (<c>farsight synth multihop</c>).</summary>
static class SynthMultihopCommand
{
    static readonly MultihopOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model whose tokens the contexts have. It writes, verifies and merges the questions, unless --endpoint is given.");
    static readonly MethodFlags s_method = new(s_flags, s_defaults);
    static readonly Option<int> s_hops = new("--hops")
    {
        Description = "Documents that a question needs.",
        DefaultValueFactory = _ => s_defaults.Hops,
    };
    static readonly Option<int> s_candidates = new("--candidates")
    {
        Description = "Other documents that compete to be the next one; the most related wins.",
        DefaultValueFactory = _ => s_defaults.Candidates,
    };

    internal static Command Create()
    {
        Command command = s_method.Create(
            "multihop",
            "Synthesize multi-hop data (MIMG): questions about single chunks, verified, and merged across related documents.",
            [s_hops, s_candidates],
            (parse, input) => new MultihopOptions(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
            {
                Hops = parse.GetValue(s_hops),
                Candidates = parse.GetValue(s_candidates),
            });
        SharedOptions.Limit(command, (s_candidates, 4096));
        return command;
    }
}
