using System.Globalization;
using Farsight.Workflows.Train;

namespace Farsight.Cli.Output;

/// <summary>Shows a workflow of several stages on stderr, with one progress line per stage.</summary>
sealed class StageLines : IProgress<StageProgress>, IDisposable
{
    ProgressLine? _line;
    string _title = "";

    /// <summary>Shows the progress of the current stage. A new stage, or another model in it, starts a new line.</summary>
    public void Report(StageProgress value)
    {
        string title = $"{value.Stage}: {value.What}:";
        if (_line is null || _title != title)
        {
            _line?.Dispose();
            _line = ProgressLine.OnStandardError(title);
            _title = title;
        }
        _line.Report(value.Done, value.Total, value.Detail);
    }

    /// <summary>Writes a line above the progress line.</summary>
    internal void Note(string text) => (_line ??= ProgressLine.OnStandardError("")).Note(text);

    /// <summary>Formats the duration of each stage: "synthesis 12, training 80".</summary>
    internal static string Seconds(IEnumerable<KeyValuePair<string, double>> stages) =>
        string.Join(", ", stages.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {s.Value:0}")));

    /// <inheritdoc/>
    public void Dispose() => _line?.Dispose();
}
