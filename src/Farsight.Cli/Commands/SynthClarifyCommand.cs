using System.CommandLine;
using Farsight.Alignment.Synthesis.Clarify;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes responses that ask and answer clarifying questions first (<c>farsight synth clarify</c>).</summary>
static class SynthClarifyCommand
{
    static readonly ClarifyOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model to train, which also writes the data. With --endpoint only its tokenizer and config are read.");
    static readonly MethodFlags s_method = new(s_flags, s_defaults);
    static readonly Option<int> s_breadth = new("--breadth")
    {
        Description = "Clarifying questions per node. Each is asked about every chunk.",
        DefaultValueFactory = _ => s_defaults.Breadth,
    };
    static readonly Option<int> s_depth = new("--depth")
    {
        Description = "Rounds of clarification.",
        DefaultValueFactory = _ => s_defaults.Depth,
    };
    static readonly Option<int> s_expanded = new("--expanded")
    {
        Description = "Wrong nodes per round that are expanded in the next one.",
        DefaultValueFactory = _ => s_defaults.Expanded,
    };
    static readonly Option<string> s_pairs = SharedOptions.Choice(
        "--pairs",
        "Source of the rejected response: best-worst (the worst node of the tree), siblings (the worst sibling of the best node) or none "
            + "(data for supervised fine-tuning).",
        ["best-worst", "siblings", "none"],
        "best-worst");

    internal static Command Create()
    {
        Command command = s_method.Create(
            "clarify",
            "Synthesize AgenticLU data: trees of clarifying questions with pointers into the context; the best path is chosen.",
            [s_breadth, s_depth, s_expanded, s_pairs],
            (parse, input) => new ClarifyOptions(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
            {
                Breadth = parse.GetValue(s_breadth),
                Depth = parse.GetValue(s_depth),
                Expanded = parse.GetValue(s_expanded),
                Pairs = Enum.Parse<ClarifyPairs>(
                    parse.GetValue(s_pairs)!.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
            });
        SharedOptions.Limit(command, (s_breadth, 64), (s_depth, 8), (s_expanded, 64));
        return command;
    }
}
