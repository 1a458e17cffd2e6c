using System.Globalization;
using Farsight.Alignment.Endpoints;

namespace Farsight.Cli.Output;

/// <summary>Writes the usage of endpoints as a note, unless no request was made.</summary>
static class EndpointNotes
{
    internal static void Write(ProgressLine line, string what, EndpointSet? endpoint)
    {
        if (endpoint?.Usage is { } usage && usage.Answers + usage.FromCache + usage.Failures + usage.Throttles > 0)
        {
            line.Note(string.Create(CultureInfo.InvariantCulture, $"{what}: {usage}"));
        }
    }
}
