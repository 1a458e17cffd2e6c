using System.CommandLine;
using System.Globalization;
using Farsight.Cli.Output;
using Farsight.Engine.Numerics;
using Farsight.Workflows.Timing;

namespace Farsight.Cli.Commands;

/// <summary><c>farsight bench make-model</c>: a model directory of any shape with random weights.</summary>
static class BenchModelCommand
{
    static readonly Option<string> s_shape = new("--shape") { Description = "JSON, as for bench step.", Required = true };
    static readonly Option<string> s_out = new("--out") { Description = "Model directory to write.", Required = true };
    static readonly Option<string> s_format = new("--format")
    {
        Description = "How weights are stored: bf16 or f32.",
        DefaultValueFactory = _ => "bf16",
    };

    internal static Command Create()
    {
        s_format.AcceptOnlyFromAmong("bf16", "f32");
        Command command = new("make-model", "Write a Hugging Face model directory with random weights, to time sizes that are not at hand.")
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

    /// <summary>Turns bytes written into a line.</summary>
    sealed class Shown(ProgressLine line, long total) : IProgress<long>
    {
        public void Report(long value) => line.Report(value >> 20, total >> 20, "");
    }
}
