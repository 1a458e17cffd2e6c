using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Training;
using Farsight.Cli.Output;
using Farsight.Engine.Memory;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight pretrain</c>: makes a tokenizer and a small base model from documents.</summary>
static class PretrainCommand
{
    static readonly Argument<string> s_recipe = new("recipe") { Description = "Recipe, usually .jsonc." };
    static readonly Option<string> s_documents = new("--documents") { Description = "Folder or file with the documents to train on.", Required = true };
    static readonly Option<string> s_out = new("--out") { Description = "Run directory; the model appears in its model/ folder.", Required = true };
    static readonly Option<bool> s_resume = new("--resume") { Description = "Continue the run that is there." };
    static readonly Option<string[]> s_set = new("--set") { Description = "Overrides a key of the recipe: path=value. May be repeated." };
    static readonly Option<int?> s_threads = new("--threads") { Description = "Threads to use; the result does not depend on it." };

    internal static Command Create()
    {
        Command command = new("pretrain", "Train a tokenizer and a small base model from documents.") { s_recipe, s_documents, s_out, s_resume, s_set, s_threads };
        command.SetAction(Run);
        return command;
    }

    static Task<int> Run(ParseResult parse, CancellationToken cancel)
    {
        if (parse.GetValue(s_threads) is { } threads)
        {
            Workers.Threads = threads;
        }
        PretrainRecipe recipe = RecipeFile.Read<PretrainRecipe>(parse.GetRequiredValue(s_recipe), parse.GetValue(s_set) ?? []);
        string output = parse.GetRequiredValue(s_out);
        using ProgressLine line = ProgressLine.OnStandardError("step");
        Progress progress = new(line);
        try
        {
            string model = PretrainRun.Start(recipe, parse.GetRequiredValue(s_documents), output, parse.GetValue(s_resume), progress, cancel);
            Console.Out.WriteLine($"Model: {model}");
            return Task.FromResult(ExitCode.Done);
        }
        catch (OperationCanceledException)
        {
            line.Note($"Stopped and saved; continue with --out {output} --resume.");
            throw;
        }
    }

    sealed class Progress(ProgressLine line) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            string text = value.Line.Values.TryGetValue("loss", out double loss)
                ? string.Create(CultureInfo.InvariantCulture, $"loss {loss:F3}  {value.Tokens / line.Elapsed.TotalSeconds:F0} tokens/s") : "";
            line.Report(value.Line.Step, value.Steps, text);
            if (value.Line.HeldOut is { } heldOut)
            {
                line.Note(string.Create(CultureInfo.InvariantCulture,
                    $"step {value.Line.Step}: held-out loss {heldOut["loss"]:F3}, answers right {100 * heldOut["answer_exact_match"]:F1} %"));
            }
        }
    }
}
