using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary>Measures batched against single inference (<c>farsight bench choices</c> and <c>bench generate</c>).</summary>
static class BenchInferenceCommand
{
    static readonly Option<string> s_model = SharedOptions.Model(
        "Model directory in Hugging Face format. 'bench make-model' writes one of any shape.");
    static readonly Option<int> s_alone = SharedOptions.Count("--alone", "Number of items to run one by one for comparison.", 20);
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json();

    static readonly Option<int> s_questions = SharedOptions.Count("--questions", "Number of questions, as in MMLU.", 14042);
    static readonly Option<int> s_subjects = SharedOptions.Count("--subjects", "Number of subjects with few-shot examples.", 57);
    static readonly Option<int> s_shots = SharedOptions.Count("--shots", "Tokens of the few-shot examples per subject.", 600);
    static readonly Option<int> s_question = SharedOptions.Count(
        "--question", "Mean tokens per question; lengths vary from half to one and a half of it.", 100);
    static readonly Option<int> s_choices = SharedOptions.Count("--choices", "Choices per question.", 4);
    static readonly Option<int> s_choice = SharedOptions.Count("--choice", "Tokens per choice.", 1);
    static readonly Option<int> s_together = SharedOptions.Count("--together", "Questions per call.", 256);

    static readonly Option<int> s_prompts = SharedOptions.Count("--prompts", "Number of prompts.", 20);
    static readonly Option<int> s_shared = SharedOptions.Count("--shared", "Tokens of the prefix that all prompts share.", 64);
    static readonly Option<int> s_own = SharedOptions.Count("--own", "Tokens per prompt after the shared prefix.", 3904);
    static readonly Option<int> s_new = SharedOptions.Count("--new", "Generated tokens per prompt.", 128);

    internal static Command CreateChoices()
    {
        Command command = new("choices", "Time batched scoring of multiple-choice questions against one forward pass per choice.")
        {
            s_model, s_questions, s_subjects, s_shots, s_question, s_choices, s_choice, s_together, s_alone, s_threads, s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(
            () => Show(
                parse, () => InferenceBenchmark.Choices(parse.GetValue(s_model)!, Choices(parse), parse.GetValue(s_alone), cancel)),
            CancellationToken.None));
        return command;
    }

    internal static Command CreateGenerate()
    {
        Command command = new("generate", "Time batched decoding of many prompts against decoding one by one.")
        {
            s_model, s_prompts, s_shared, s_own, s_new, s_alone, s_threads, s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(
            () => Show(
                parse, () => InferenceBenchmark.Generation(parse.GetValue(s_model)!, Generation(parse), parse.GetValue(s_alone), cancel)),
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
        batched      {t.Samples} in {t.Seconds:F2} s, {t.Rate:F1} per second
        one by one   {t.Alone} in {t.SecondsAlone:F2} s, {t.Alone / t.SecondsAlone:F1} per second
        speedup      {t.TimesAlone:F1}
        operations   {t.Flops / t.Samples / 1e9:F2} GFLOP per item
        throughput   {t.ShareOfPeak:P1} of the peak of {t.Peak.AllCores / 1e9:F1} GFLOP/s
        """);
}
