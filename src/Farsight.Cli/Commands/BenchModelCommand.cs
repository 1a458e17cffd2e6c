using System.CommandLine;
using System.Globalization;
using Farsight.Cli.Options;
using Farsight.Cli.Output;
using Farsight.Engine.Numerics;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary>Writes a model directory of any shape with random weights (<c>farsight bench make-model</c>).</summary>
static class BenchModelCommand
{
    static readonly Option<string> s_shape = SharedOptions.Shape();
    static readonly Option<string> s_out = SharedOptions.Out("Model directory to write.");
    static readonly Option<string> s_format = SharedOptions.WeightType("--format", "bf16", "f32");

    internal static Command Create()
    {
        Command command = new("make-model", "Write a Hugging Face model directory with random weights, for benchmarks.")
        {
            s_shape,
            s_out,
            s_format,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Run(parse, cancel), CancellationToken.None));
        return command;
    }

    static int Run(ParseResult parse, CancellationToken cancel)
    {
        StepShape shape = StepShape.Read(parse.GetValue(s_shape)!);
        NumberFormat format = Enum.Parse<NumberFormat>(parse.GetValue(s_format)!, ignoreCase: true);
        string directory = parse.GetValue(s_out)!;
        long bytes = BenchmarkModel.ByteCount(shape, format);
        using (ProgressLine line = ProgressLine.OnStandardError("MiB"))
        {
            BenchmarkModel.Write(shape, directory, format, new Shown(line, bytes), cancel);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{directory}: {bytes >> 20} MiB of weights in {format}"));
        return ExitCode.Done;
    }

    /// <summary>Shows the written bytes on the progress line.</summary>
    sealed class Shown(ProgressLine line, long total) : IProgress<long>
    {
        public void Report(long value) => line.Report(value >> 20, total >> 20, "");
    }
}
