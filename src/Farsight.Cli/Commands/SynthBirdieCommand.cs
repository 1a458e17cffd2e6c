using System.CommandLine;
using System.Text.Json;
using Farsight.Alignment.Synthesis.Birdie;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes tasks that restore or copy parts of a text (<c>farsight synth birdie</c>).</summary>
static class SynthBirdieCommand
{
    static readonly BirdieOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model to train, or GGUF file; only its tokenizer, chat template and config are read.", asksModel: false);
    static readonly Option<BirdieTask[]> s_tasks = new("--tasks")
    {
        Description =
            "Tasks, in rotation: infilling (words behind blanks), selective-copying (what stands between given words), copying, "
            + "deshuffling (the order of words), continuation (the last quarter). Default: all.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
            [.. result.Tokens.Select(t => Enum.Parse<BirdieTask>(t.Value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true))],
    };
    static readonly Option<int?> s_length = new("--length")
    {
        Description = "Maximum tokens of the text of a task. Default: a third of the model's window.",
    };
    static readonly Option<double> s_corruption = new("--corruption")
    {
        Description = "Share of the words that infilling replaces with blanks, above 0 and at most 0.9.",
        DefaultValueFactory = _ => s_defaults.Corruption,
    };
    static readonly Option<int> s_span = new("--span")
    {
        Description = "Mean words per blank.",
        DefaultValueFactory = _ => s_defaults.Span,
    };
    static readonly Option<int> s_copies = new("--copies")
    {
        Description = "Maximum spans that selective copying asks for.",
        DefaultValueFactory = _ => s_defaults.Copies,
    };

    internal static Command Create()
    {
        s_tasks.AcceptOnlyFromAmong([.. Enum.GetNames<BirdieTask>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName)]);
        Command command = s_flags.Create(
            "birdie",
            "Synthesize Birdie data: texts with blanks, shuffled words or spans to copy, and the response that restores them.",
            [s_tasks, s_length, s_corruption, s_span, s_copies],
            (parse, input) => new BirdieOptions(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
            {
                Corpus = input.Corpus,
                Shard = input.Shard,
                Tasks = parse.GetValue(s_tasks) is { Length: > 0 } tasks ? tasks : null,
                Length = parse.GetValue(s_length),
                Corruption = parse.GetValue(s_corruption),
                Span = parse.GetValue(s_span),
                Copies = parse.GetValue(s_copies),
            },
            made => ($"texts of at most {made.Length} tokens", made.Tasks));
        SharedOptions.Limit(command, (s_length, 1 << 24), (s_span, 1 << 16), (s_copies, 1 << 10));
        return command;
    }
}
