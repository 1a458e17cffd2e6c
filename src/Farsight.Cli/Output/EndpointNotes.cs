using System.Globalization;
using Farsight.Alignment.Endpoints;

namespace Farsight.Cli.Output;

/// <summary>What endpoints were asked, in a line that stays.</summary>
static class EndpointNotes
{
    internal static void Write(ProgressLine line, string what, EndpointSet? endpoint)
    {
        if (endpoint?.Usage is { } usage)
        {
            line.Note(string.Create(CultureInfo.InvariantCulture, $"{what}: {usage}"));
        }
    }
}
