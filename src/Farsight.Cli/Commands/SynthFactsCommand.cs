using System.CommandLine;
using Farsight.Alignment.Fiction;
using Farsight.Alignment.Fiction.Facts;
using Farsight.Alignment.Synthesis;
using Farsight.Alignment.Synthesis.Facts;
using Farsight.Cli.Options;

namespace Farsight.Cli.Commands;

/// <summary>Synthesizes data about documents with many facts of one kind (<c>farsight synth facts</c>).</summary>
static class SynthFactsCommand
{
    static readonly FactsOptions s_defaults = new("", "", 1, 0, "");
    static readonly SynthFlags s_flags = new(
        "Directory of the model to train, or GGUF file; only its tokenizer, chat template and config are read.",
        asksModel: false,
        samples: "Number of samples to write; each is a document with its questions.");
    static readonly Option<string> s_facts = new("--facts")
    {
        Description = "Number of fact sentences per document, as a number or a range.",
        DefaultValueFactory = _ => s_defaults.Facts,
    };
    static readonly Option<int> s_questions = new("--questions-per-document")
    {
        Description = "Questions per document, each asked alone.",
        DefaultValueFactory = _ => s_defaults.QuestionsPerDocument,
    };
    static readonly Option<FactQuestionType[]> s_types = new("--question-types")
    {
        Description =
            "Types of questions, in rotation: value (the value of an item), several (all values of an item), "
            + "two-hop (a value by way of another sentence), absent (a value that the text does not state, for half of the questions). "
            + "Default: all.",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. result.Tokens.Select(t => TypeOf(t.Value))],
    };
    static readonly Option<string[]> s_kinds = new("--kinds")
    {
        Description = "Kinds of facts, in rotation. Default: all.",
        AllowMultipleArgumentsPerToken = true,
    };
    static readonly Option<int> s_length = new("--length")
    {
        Description = "Maximum tokens per document, with its facts.",
        DefaultValueFactory = _ => s_defaults.Length,
    };
    static readonly Option<int> s_rejected = new("--rejected")
    {
        Description = "Rejected responses per question.",
        DefaultValueFactory = _ => s_defaults.Rejected,
    };
    static readonly Option<string> s_negatives = SharedOptions.Choice(
        "--negatives",
        "Source of rejected responses: minimal (the chosen response with another value of the document or a similar mistake) or "
            + "none (data for supervised fine-tuning).",
        ["minimal", "none"],
        s_defaults.Negatives.ToString().ToLowerInvariant());

    internal static Command Create()
    {
        s_types.AcceptOnlyFromAmong("value", "several", "two-hop", "absent");
        s_kinds.AcceptOnlyFromAmong([.. FactKind.Of(NeedleSplit.Training).Select(k => k.Name)]);
        Command command = s_flags.Create(
            "facts",
            "Synthesize dense-fact data: documents with many facts of one kind, known answers, rejected ones with another fact's value.",
            [s_facts, s_questions, s_types, s_kinds, s_length, s_negatives, s_rejected],
            Options,
            made => ($"at most {made.ChunkTokens} tokens", made.QuestionTypes));
        SharedOptions.Limit(command, (s_questions, 1000), (s_length, 1 << 24), (s_rejected, 64));
        return command;
    }

    static FactQuestionType TypeOf(string word) =>
        Enum.Parse<FactQuestionType>(word.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);

    static FactsOptions Options(ParseResult parse, SynthInput input) =>
        new(input.Model, input.Documents, input.Samples, input.Seed, input.Out)
        {
            Corpus = input.Corpus,
            Shard = input.Shard,
            Facts = parse.GetValue(s_facts)!,
            QuestionsPerDocument = parse.GetValue(s_questions),
            QuestionTypes = parse.GetValue(s_types) is { Length: > 0 } types ? types : null,
            Kinds = parse.GetValue(s_kinds) is { Length: > 0 } kinds ? kinds : null,
            Length = parse.GetValue(s_length),
            Rejected = parse.GetValue(s_rejected),
            Negatives = Enum.Parse<Negatives>(parse.GetValue(s_negatives)!, ignoreCase: true),
        };
}
