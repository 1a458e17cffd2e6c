using System.CommandLine;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary>Measures batched against single scoring of choices (<c>farsight bench choices</c>).</summary>
static class BenchChoicesCommand
{
    static readonly Option<string> s_model = SharedOptions.Model(
        "Model directory in Hugging Face format. 'bench make-model' writes one of any shape.");
    static readonly Option<int> s_questions = SharedOptions.Count("--questions", "Number of questions, as in MMLU.", 14042);
    static readonly Option<int> s_subjects = SharedOptions.Count("--subjects", "Number of subjects with few-shot examples.", 57);
    static readonly Option<int> s_shots = SharedOptions.Count("--shots", "Tokens of the few-shot examples per subject.", 600);
    static readonly Option<int> s_question = SharedOptions.Count(
        "--question", "Mean tokens per question; lengths vary from half to one and a half of it.", 100);
    static readonly Option<int> s_choices = SharedOptions.Count("--choices", "Choices per question.", 4);
    static readonly Option<int> s_choice = SharedOptions.Count("--choice", "Tokens per choice.", 1);
    static readonly Option<int> s_together = SharedOptions.Count("--together", "Questions per call.", 256);
    static readonly Option<int> s_alone = SharedOptions.Count("--alone", "Number of items to run one by one for comparison.", 20);
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("choices", "Time batched scoring of multiple-choice questions against one forward pass per choice.")
        {
            s_model, s_questions, s_subjects, s_shots, s_question, s_choices, s_choice, s_together, s_alone, s_threads, s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        ChoiceShape shape = new(
            Math.Min(parse.GetValue(s_subjects), parse.GetValue(s_questions)), parse.GetValue(s_questions), parse.GetValue(s_shots),
            parse.GetValue(s_question), parse.GetValue(s_choices), parse.GetValue(s_choice), parse.GetValue(s_together));
        InferenceTable.Write(
            InferenceBenchmark.Choices(BundledFiles.LocateModel(parse.GetValue(s_model)!), shape, parse.GetValue(s_alone), cancel),
            parse.GetValue(s_json));
        return ExitCode.Done;
    }
}
