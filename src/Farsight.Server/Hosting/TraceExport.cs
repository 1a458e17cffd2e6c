using Farsight.Engine;
using Farsight.Server.Serving;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Farsight.Server.Hosting;

/// <summary>Sends the spans of requests to a collector, if the environment names one.</summary>
static class TraceExport
{
    const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Starts sending; dispose the result to send what is left. Null without a collector.</summary>
    /// <remarks>The exporter reads its other settings, OTEL_EXPORTER_OTLP_PROTOCOL for example, from the environment itself.</remarks>
    /// <exception cref="InputException">The address of the collector is damaged.</exception>
    internal static IDisposable? Start()
    {
        string? address = Environment.GetEnvironmentVariable(Endpoint);
        if (string.IsNullOrWhiteSpace(address))
        {
            return null;
        }
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InputException($"{Endpoint} is not an HTTP address. Write one as in http://127.0.0.1:4317, or unset it.");
        }
        return Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("farsight").AddEnvironmentVariableDetector())
            .AddSource(RequestSpan.Source)
            .AddOtlpExporter()
            .Build();
    }
}
