using System.CommandLine;
using Farsight.Alignment.Synthesis.RetrieveReason;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes responses that quote their evidence first (<c>farsight synth retrieve-reason</c>).</summary>
static class SynthRetrieveReasonCommand
{
    static readonly RetrieveReasonOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model to train, which also writes the data. With --endpoint only its tokenizer and config are read.");
    static readonly MethodFlags s_method = new(s_flags, s_defaults);
    static readonly Option<int> s_rejected = new("--rejected")
    {
        Description = "Rejected responses per sample, with invented evidence; 0 for supervised fine-tuning.",
        DefaultValueFactory = _ => s_defaults.Rejected,
    };

    internal static Command Create()
    {
        Command command = s_method.Create(
            "retrieve-reason",
            "Synthesize ALR² data: chosen responses quote their evidence and then answer, rejected ones quote invented evidence.",
            [s_rejected],
            (parse, input) => new RetrieveReasonOptions(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
            {
                Rejected = parse.GetValue(s_rejected),
            });
        SharedOptions.Limit(command, (s_rejected, 64));
        return command;
    }
}
