using System.CommandLine;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Pretrain;

namespace Farsight.Cli.Commands;

/// <summary>Trains a tokenizer and a small base model from documents (<c>farsight pretrain</c>).</summary>
static class PretrainCommand
{
    static readonly Argument<string> s_recipe = SharedOptions.Recipe();
    static readonly Option<string> s_documents = SharedOptions.Documents();
    static readonly Option<string> s_out = SharedOptions.Out("Run directory; the model is written to its model/ folder.");
    static readonly Option<bool> s_resume = SharedOptions.Resume();
    static readonly Option<string[]> s_set = SharedOptions.Set("optimizer.learning_rate=1e-3");
    static readonly ThreadsOption s_threads = new();

    static readonly ShownMetric[] s_shown =
    [
        new(PretrainingWork.Loss, "loss", "0.000"),
        new(PretrainingWork.AnswerExactMatch, "correct answers", "0%"),
    ];

    internal static Command Create()
    {
        Command command = new("pretrain", "Train a tokenizer and a small base model from documents.")
        {
            s_recipe,
            s_documents,
            s_out,
            s_resume,
            s_set,
            s_threads,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string output = parse.GetValue(s_out)!;
        s_threads.Apply(parse);
        string path = BundledFiles.Locate(parse.GetValue(s_recipe)!);
        PretrainRecipe recipe = RecipeFile.Read<PretrainRecipe>(path, parse.GetValue(s_set) ?? []);
        return new TrainingScreen(parse, output, s_shown, made => ["eval", "--model", made, "--out", "evaluation"]).Run(
            (_, progress) => PretrainRun.Start(
                recipe, parse.GetValue(s_documents)!, output, parse.GetValue(s_resume), progress, cancel,
                parse.InvocationConfiguration.Error.WriteLine),
            cancel);
    }
}
