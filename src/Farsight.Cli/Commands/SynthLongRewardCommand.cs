using System.CommandLine;
using Farsight.Alignment.Synthesis.LongReward;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes pairs of responses that a judge rated in four dimensions (<c>farsight synth longreward</c>).</summary>
static class SynthLongRewardCommand
{
    static readonly LongRewardOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model to train, which also writes the responses. With --endpoint only its tokenizer and config are read.")
    {
        Judge = new("judge-", "the judge, in place of the model itself"),
    };
    static readonly MethodFlags s_method = new(s_flags, s_defaults);
    static readonly Option<int> s_candidates = new("--candidates")
    {
        Description = "Responses per prompt, of which the best and the worst are written.",
        DefaultValueFactory = _ => s_defaults.Candidates,
    };
    static readonly Option<double> s_margin = new("--margin")
    {
        Description = "Minimum difference of their rewards, which are 0 to 10.",
        DefaultValueFactory = _ => s_defaults.Margin,
    };

    internal static Command Create()
    {
        Command command = s_method.Create(
            "longreward",
            "Synthesize LongReward data: responses to a long context, rated by a judge in four dimensions; the best is chosen.",
            [s_candidates, s_margin],
            (parse, input) => new LongRewardOptions(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
            {
                Candidates = parse.GetValue(s_candidates),
                Margin = parse.GetValue(s_margin),
            },
            (located, judge) => (LongRewardOptions)located with { Judge = judge });
        SharedOptions.Limit(command, (s_candidates, 64));
        return command;
    }
}
