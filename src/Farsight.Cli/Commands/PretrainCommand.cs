using System.CommandLine;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Pretrain;

namespace Farsight.Cli.Commands;

/// <summary>Trains a base model from documents, or continues with a model (<c>farsight pretrain</c>).</summary>
static class PretrainCommand
{
    static readonly Argument<string> s_recipe = SharedOptions.Recipe();
    static readonly Option<string> s_documents = SharedOptions.Documents(
        "File or folder with documents. Required without --from; with --from, the recipe names the documents. Default: none.",
        required: false);
    static readonly Option<string> s_from = new("--from")
    {
        Description = "Model directory to continue with, on the recipe's mixture of documents. Default: a new model from random weights.",
    };
    static readonly Option<string> s_out = SharedOptions.Out("Run directory; the result is written to its model/ or adapter/ folder.");
    static readonly Option<bool> s_resume = SharedOptions.Resume();
    static readonly Option<string[]> s_set = SharedOptions.Set("optimizer.learning_rate=1e-3");
    static readonly SizeOption s_memory = SizeOption.Memory();
    static readonly ThreadsOption s_threads = new();

    static readonly ShownMetric[] s_shown =
    [
        new(PretrainingWork.Loss, "loss", "0.000"),
        new(PretrainingWork.AnswerExactMatch, "correct answers", "0%"),
    ];

    internal static Command Create()
    {
        Command command = new("pretrain", "Train a tokenizer and a small base model from documents, or continue the training of a model.")
        {
            s_recipe,
            s_documents,
            s_from,
            s_out,
            s_resume,
            s_set,
            s_memory,
            s_threads,
        };
        command.Validators.Add(result =>
        {
            bool hasDocuments = result.GetResult(s_documents) is not null, isContinued = result.GetResult(s_from) is not null;
            if (hasDocuments == isContinued)
            {
                result.AddError(hasDocuments
                    ? "--documents cannot be used with --from; the recipe's domains name the documents."
                    : "Option '--documents' is required, or --from for continued pre-training.");
            }
            if (result.GetResult(s_memory) is { Implicit: false } && !isContinued)
            {
                result.AddError("--memory applies to continued pre-training only; add --from, or leave it out.");
            }
        });
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string output = parse.GetValue(s_out)!;
        s_threads.Apply(parse);
        string path = BundledFiles.Locate(parse.GetValue(s_recipe)!);
        string[] overrides = parse.GetValue(s_set) ?? [];
        bool resume = parse.GetValue(s_resume);
        Action<string> notice = parse.InvocationConfiguration.Error.WriteLine;
        if (parse.GetValue(s_from) is { } from)
        {
            ContinuedPretrainRequest request = new(
                RecipeFile.Read<ContinuedPretrainRecipe>(path, overrides), path, BundledFiles.LocateModel(from), output, resume,
                parse.GetValue(s_memory));
            string named = request.Recipe.Lora is null ? "--model" : "--adapter";
            return new TrainingScreen(parse, output, s_shown, made => NextCommand.Evaluation(made, named, made)).Run(
                display => ContinuedPretrainRun.Start(request with { Parts = display.Part }, display, cancel, notice), cancel);
        }
        PretrainRecipe recipe = RecipeFile.Read<PretrainRecipe>(path, overrides);
        return new TrainingScreen(parse, output, s_shown, made => NextCommand.Evaluation(made, "--model", made)).Run(
            display => PretrainRun.Start(
                recipe, parse.GetValue(s_documents)!, output, resume, display, cancel, notice, display.Part), cancel);
    }
}
