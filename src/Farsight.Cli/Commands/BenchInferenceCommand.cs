using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight bench choices</c> and <c>bench generate</c>: many questions or prompts together, and one by one.</summary>
static class BenchInferenceCommand
{
    static readonly Option<string> s_model = new("--model")
    {
        Description = "Model directory; make-model writes one of any shape.",
        Required = true,
    };
    static readonly Option<int> s_alone = Count("--alone", 20, "How many are done one by one as well, to compare.");
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = new("--json") { Description = "One line of JSON on stdout." };

    static readonly Option<int> s_questions = Count("--questions", 14042, "Questions of all subjects together; the default is MMLU's.");
    static readonly Option<int> s_subjects = Count("--subjects", 57, "Subjects with worked examples of their own.");
    static readonly Option<int> s_shots = Count("--shots", 600, "Tokens of a subject's worked examples.");
    static readonly Option<int> s_question = Count(
        "--question",
        100,
        "Tokens of a question in the mean; they have from half to one and a half of it.");
    static readonly Option<int> s_choices = Count("--choices", 4, "Choices of a question.");
    static readonly Option<int> s_choice = Count("--choice", 1, "Tokens of a choice.");
    static readonly Option<int> s_together = Count("--together", 256, "Questions in one call.");

    static readonly Option<int> s_prompts = Count("--prompts", 20, "Prompts.");
    static readonly Option<int> s_shared = Count("--shared", 64, "Tokens with which all prompts begin.");
    static readonly Option<int> s_own = Count("--own", 3904, "Tokens of each prompt that follow.");
    static readonly Option<int> s_new = Count("--new", 128, "Tokens generated for each.");

    internal static Command CreateChoices()
    {
        Command command = new("choices", "Time the scoring of multiple-choice questions, against one forward for each choice.")
        {
            s_model, s_questions, s_subjects, s_shots, s_question, s_choices, s_choice, s_together, s_alone, s_threads, s_json,
        };
        command.SetAction(
            (parse, cancel) =>
                Task.Run(
                    () =>
                        Show(
                            parse,
                            () => InferenceBenchmark.Choices(parse.GetValue(s_model)!, Choices(parse), parse.GetValue(s_alone), cancel)),
                    CancellationToken.None));
        return command;
    }

    internal static Command CreateGenerate()
    {
        Command command = new("generate", "Time the decoding of many prompts side by side, against one by one.")
        {
            s_model, s_prompts, s_shared, s_own, s_new, s_alone, s_threads, s_json,
        };
        command.SetAction(
            (parse, cancel) =>
                Task.Run(
                    () =>
                        Show(
                            parse,
                            () =>
                                InferenceBenchmark.Generation(parse.GetValue(s_model)!, Generation(parse), parse.GetValue(s_alone), cancel)
                        ),
                    CancellationToken.None));
        return command;
    }

    static ChoiceShape Choices(ParseResult parse) => new(
        Math.Min(parse.GetValue(s_subjects), parse.GetValue(s_questions)), parse.GetValue(s_questions), parse.GetValue(s_shots),
        parse.GetValue(s_question), parse.GetValue(s_choices), parse.GetValue(s_choice), parse.GetValue(s_together));

    static GenerationShape Generation(ParseResult parse) =>
        new(parse.GetValue(s_prompts), parse.GetValue(s_shared), parse.GetValue(s_own), parse.GetValue(s_new));

    static int Show(ParseResult parse, Func<InferenceTimes> measure)
    {
        s_threads.Apply(parse);
        InferenceTimes times = measure();
        Console.WriteLine(parse.GetValue(s_json) ? Json(times).ToJsonString() : Text(times));
        return ExitCode.Done;
    }

    static JsonObject Json(InferenceTimes t) => new()
    {
        ["samples"] = t.Samples,
        ["seconds"] = Math.Round(t.Seconds, 4),
        ["samples_per_second"] = Math.Round(t.Rate, 3),
        ["times_one_by_one"] = Math.Round(t.TimesAlone, 2),
        ["alone"] = t.Alone,
        ["seconds_alone"] = Math.Round(t.SecondsAlone, 4),
        ["gflop"] = Math.Round(t.Flops / 1e9, 1),
        ["peak_gflops"] = Math.Round(t.Peak.AllCores / 1e9, 1),
        ["share_of_peak"] = Math.Round(t.ShareOfPeak, 4),
    };

    static string Text(InferenceTimes t) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        together     {t.Samples} in {t.Seconds:F2} s, {t.Rate:F1} a second
        one by one   {t.Alone} in {t.SecondsAlone:F2} s, {t.Alone / t.SecondsAlone:F1} a second: together {t.TimesAlone:F1} times as many
        operations   {t.Flops / t.Samples / 1e9:F2} GFLOP each
        of the peak  {t.ShareOfPeak:P1} of {t.Peak.AllCores / 1e9:F1} GFLOP/s
        """);

    static Option<int> Count(string name, int usual, string description)
    {
        Option<int> option = new(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError($"{name}: use 1 or more.");
            }
        });
        return option;
    }
}
