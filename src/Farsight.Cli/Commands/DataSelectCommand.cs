using System.CommandLine;
using System.Globalization;
using Farsight.Alignment;
using Farsight.Alignment.Synthesis.Card;
using Farsight.Alignment.Synthesis.Selection;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine;

namespace Farsight.Cli.Commands;

/// <summary>Selects samples of a preference dataset (<c>farsight data select</c>).</summary>
static class DataSelectCommand
{
    static readonly GateauOptions s_defaults = new("", "", "", "", 1);
    static readonly Argument<string> s_dataset = new("dataset") { Description = "Preference dataset (.jsonl)." };
    static readonly Option<string> s_out = SharedOptions.Out("Dataset to write (.jsonl). It must not exist.");
    static readonly Option<double> s_minScore = new("--min-score")
    {
        Description = "Minimum length score of a chosen response, 0 to 100.",
        DefaultValueFactory = _ => LengthSelection.UsualMinimum,
    };

    static readonly Argument<string> s_measured = new("dataset") { Description = "Preference dataset (.jsonl)." };
    static readonly Option<string> s_kept = SharedOptions.Out(
        "Dataset to write (.jsonl). It must not exist. The measurements are kept beside it; rerun the same command to resume.");
    static readonly Option<string> s_model = SharedOptions.Model("Directory of the model that was trained for long contexts.");
    static readonly Option<string> s_base = new("--base")
    {
        Description = "Directory of the homologous model with the same tokenizer, which was not trained for long contexts.",
        Required = true,
    };
    static readonly Option<int> s_keep = new("--keep") { Description = "Number of samples to keep.", Required = true };
    static readonly Option<double> s_alpha = new("--alpha")
    {
        Description = "Weight of the two models' guidance, 0 to 1. The contextual awareness has the weight 1 − alpha.",
        DefaultValueFactory = _ => s_defaults.Alpha,
    };
    static readonly Option<int> s_segmentTokens = new("--segment-tokens")
    {
        Description = "Tokens per segment of the context.",
        DefaultValueFactory = _ => s_defaults.SegmentTokens,
    };
    static readonly ThreadsOption s_threads = new();

    internal static Command Create()
    {
        Command length = new(
            "length",
            "Select the samples whose question states exactly one length and whose chosen response has it (Minimum Tuning).")
        {
            s_dataset, s_out, s_minScore,
        };
        length.SetAction((parse, cancel) => Task.Run(() => Length(parse), CancellationToken.None).WaitAsync(cancel));
        Command gateau = new("gateau", "Select the samples that are hardest without long training, by two homologous models (GATEAU).")
        {
            s_measured, s_model, s_base, s_kept, s_keep, s_alpha, s_segmentTokens, s_threads,
        };
        SharedOptions.Limit(gateau, (s_keep, 10_000_000), (s_segmentTokens, 1 << 24));
        gateau.SetAction((parse, cancel) => Task.Run(() => Gateau(parse, cancel), CancellationToken.None));
        return new("select", "Select samples of a preference dataset.") { length, gateau };
    }

    /// <summary>Runs an action and replaces recipe keys in its errors by the spelling of the command line.</summary>
    /// <exception cref="InputException">The library refused an option.</exception>
    internal static T WithFlags<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (OptionException e)
        {
            throw new InputException($"--{e.Key.Replace('_', '-')} {e.Problem}", e);
        }
    }

    static int Length(ParseResult parse)
    {
        (string dataset, string output) = (parse.GetValue(s_dataset)!, parse.GetValue(s_out)!);
        double minimum = parse.GetValue(s_minScore);
        if (!(minimum is >= 0 and <= 100))
        {
            throw new InputException($"--min-score: {minimum.ToString(CultureInfo.InvariantCulture)} is not a score; use 0 to 100.");
        }
        LengthSelectionCounts counts = LengthSelection.Write(dataset, output, minimum);
        DatasetCardFiles.Write(output, tokenizer: null);
        parse.InvocationConfiguration.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{output}: {counts.Kept} of {counts.Read} samples; {counts.StatingOneLength} state exactly one length"));
        return ExitCode.Done;
    }

    static int Gateau(ParseResult parse, CancellationToken cancel)
    {
        s_threads.Apply(parse);
        Ending ending = new();
        string output = parse.GetValue(s_kept)!;
        GateauOptions options = new(
            parse.GetValue(s_measured)!, BundledFiles.LocateModel(parse.GetValue(s_model)!),
            BundledFiles.LocateModel(parse.GetValue(s_base)!), output, parse.GetValue(s_keep))
        {
            Alpha = parse.GetValue(s_alpha),
            SegmentTokens = parse.GetValue(s_segmentTokens),
        };
        using (ProgressLine line = ProgressLine.OnStandardError("sample"))
        {
            WithFlags(() => GateauSelection.Write(options, new MeasuredSamples(line), cancel));
        }
        DatasetCardFiles.Write(output, tokenizer: null);
        parse.InvocationConfiguration.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{output}: {options.Keep} samples, the hardest by the measurements in {output}.scores.jsonl"));
        ending.Write("", NextCommand.Recipe(parse.GetValue(s_base)!, output, TrainTemplate.Logo));
        return ExitCode.Done;
    }

    /// <summary>Shows the number of measured samples.</summary>
    sealed class MeasuredSamples(ProgressLine line) : IProgress<int>
    {
        public void Report(int value) => line.Report(value, 0, "measured");
    }
}
