using System.CommandLine;
using System.Globalization;
using Farsight.Alignment.Recipes;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;
using Farsight.Cli.Output;
using Farsight.Engine.Memory;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight train</c>: preference training by a recipe, into a run directory.</summary>
static class TrainCommand
{
    static readonly Argument<string> s_recipe = new("recipe") { Description = "The recipe, a .jsonc file. Paths in it begin at its folder, else at the working folder." };
    static readonly Option<string> s_out = new("--out") { Description = "The run directory, new or empty.", Required = true };
    static readonly Option<bool> s_resume = new("--resume") { Description = "Continue the run in --out from its last checkpoint." };
    static readonly Option<string[]> s_set = new("--set") { Description = "Override a key of the recipe, as in --set optimizer.learning_rate=1e-4. May be given several times." };
    static readonly Option<int?> s_threads = new("--threads") { Description = "Threads to compute with; by default one a processor. Results do not depend on it." };

    static readonly (string Metric, string Label, string Format)[] s_shown =
    [
        (PreferenceMetrics.Loss, "loss", "0.000"),
        (PreferenceMetrics.RewardMargin, "margin", "0.00"),
        (PreferenceMetrics.RewardAccuracy, "accuracy", "0%"),
        (PreferenceMetrics.ChosenLogProb, "chosen log-prob", "0.000"),
        (PreferenceMetrics.ChosenExactMatch, "exact match", "0%"),
    ];

    internal static Command Create()
    {
        Command command = new("train", "Train an adapter by preference: a base model and a dataset in, an adapter out.") { s_recipe, s_out, s_resume, s_set, s_threads };
        command.Validators.Add(result =>
        {
            if (result.GetValue(s_threads) is < 1)
            {
                result.AddError("--threads: use 1 or more.");
            }
        });
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        string recipePath = parse.GetValue(s_recipe)!, output = parse.GetValue(s_out)!;
        Workers.Threads = parse.GetValue(s_threads) ?? Workers.Threads;
        TrainRecipe recipe = RecipeFile.Read<TrainRecipe>(recipePath, parse.GetValue(s_set) ?? []);
        try
        {
            string made = Train(new(recipe, recipePath, output, parse.GetValue(s_resume)), cancel);
            WriteHeldOut(Path.Combine(output, "metrics.jsonl"));
            Console.WriteLine(made);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            string again = string.Join(' ', parse.Tokens.Select(t => t.Value).Where(t => t != s_resume.Name).Append(s_resume.Name));
            Console.Error.WriteLine(new CheckpointFolder(Path.Combine(output, "checkpoints")).Newest is { } newest
                ? $"Stopped; step {newest.Step} is saved. Continue with: farsight {again}"
                : $"Stopped before the first step. Start again with: farsight {again}");
            throw;
        }
    }

    static string Train(TrainRequest request, CancellationToken cancel)
    {
        using ProgressLine line = ProgressLine.OnStandardError("step");
        using CancellationTokenRegistration told = cancel.Register(() => line.Note("Stopping: the step is finished and saved first. Ctrl-C once more stops at once and loses the work since the last checkpoint."));
        using SecondInterrupt second = new(cancel);
        return TrainRun.Start(request, line.Note, new Shown(line), cancel);
    }

    /// <summary>Held-out numbers before and after.</summary>
    static void WriteHeldOut(string metrics)
    {
        MetricsLine[] measured = [.. MetricsLog.Read(metrics).Where(l => l.HeldOut is not null)];
        if (measured.Length < 2)
        {
            return;
        }
        Console.WriteLine($"{"held out",-18}{"before",10}{"after",10}");
        foreach ((string metric, string label, string format) in s_shown.Where(s => measured[0].HeldOut!.ContainsKey(s.Metric)))
        {
            Console.WriteLine($"{label,-18}{Number(measured[0].HeldOut![metric], format),10}{Number(measured[^1].HeldOut![metric], format),10}");
        }
    }

    static string Describe(IReadOnlyDictionary<string, double> values) =>
        string.Join("  ", s_shown.Where(s => values.ContainsKey(s.Metric)).Select(s => $"{s.Label} {Number(values[s.Metric], s.Format)}"));

    static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Turns the loop's progress into a line.</summary>
    sealed class Shown(ProgressLine line) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Line.HeldOut is { } heldOut)
            {
                line.Note($"step {value.Line.Step}  held out: {Describe(heldOut)}");
            }
            line.Report(value.Line.Step, value.Steps, string.Create(
                CultureInfo.InvariantCulture, $"{Describe(value.Line.Values)}{(value.Tokens > 0 ? $"  {value.TokensPerSecond:0} tokens/s" : "")}"));
        }
    }
}
