using System.CommandLine;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training.Pretraining;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Workflows.Pretrain;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight pretrain</c>: makes a tokenizer and a small base model from documents.</summary>
static class PretrainCommand
{
    static readonly Argument<string> s_recipe = new("recipe") { Description = "Recipe, usually .jsonc." };
    static readonly Option<string> s_documents = new("--documents")
    {
        Description = "Folder or file with the documents to train on.",
        Required = true,
    };
    static readonly Option<string> s_out = new("--out")
    {
        Description = "Run directory; the model appears in its model/ folder.",
        Required = true,
    };
    static readonly Option<bool> s_resume = new("--resume") { Description = "Continue the run that is there." };
    static readonly Option<string[]> s_set = new("--set") { Description = "Overrides a key of the recipe: path=value. May be repeated." };
    static readonly ThreadsOption s_threads = new();

    static readonly ShownMetric[] s_shown =
    [
        new(PretrainingWork.Loss, "loss", "0.000"),
        new(PretrainingWork.AnswerExactMatch, "answers right", "0%"),
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
        PretrainRecipe recipe = RecipeFile.Read<PretrainRecipe>(Bundled.Locate(parse.GetValue(s_recipe)!), parse.GetValue(s_set) ?? []);
        return new TrainingScreen(parse, output, s_shown).Run(
            (_, progress) => PretrainRun.Start(recipe, parse.GetValue(s_documents)!, output, parse.GetValue(s_resume), progress, cancel),
            cancel);
    }
}
