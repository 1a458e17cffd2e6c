using System.CommandLine;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary>Measures batched against single decoding (<c>farsight bench generate</c>).</summary>
static class BenchGenerateCommand
{
    static readonly Option<string> s_model = SharedOptions.Model(
        "Model directory in Hugging Face format. 'bench make-model' writes one of any shape.");
    static readonly Option<int> s_prompts = SharedOptions.Count("--prompts", "Number of prompts.", 20);
    static readonly Option<int> s_shared = SharedOptions.Count("--shared", "Tokens of the prefix that all prompts share.", 64);
    static readonly Option<int> s_own = SharedOptions.Count("--own", "Tokens per prompt after the shared prefix.", 3904);
    static readonly Option<int> s_new = SharedOptions.Count("--new", "Generated tokens per prompt.", 128);
    static readonly Option<int> s_alone = SharedOptions.Count("--alone", "Number of items to run one by one for comparison.", 20);
    static readonly ThreadsOption s_threads = new();
    static readonly Option<bool> s_json = SharedOptions.Json();

    internal static Command Create()
    {
        Command command = new("generate", "Time batched decoding of many prompts against decoding one by one.")
        {
            s_model, s_prompts, s_shared, s_own, s_new, s_alone, s_threads, s_json,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        GenerationShape shape = new(
            parse.GetValue(s_prompts), parse.GetValue(s_shared), parse.GetValue(s_own), parse.GetValue(s_new));
        InferenceTable.Write(
            InferenceBenchmark.Generation(BundledFiles.LocateModel(parse.GetValue(s_model)!), shape, parse.GetValue(s_alone), cancel),
            parse.GetValue(s_json));
        return ExitCode.Done;
    }
}
