using System.Net;
using Farsight.Engine;
using Farsight.Server.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Farsight.Server.Hosting;

/// <summary>Serves a dashboard over runs, datasets and evaluations, without a model.</summary>
public sealed class DashboardServer : IAsyncDisposable
{
    const int MostConnections = 256;
    const long MostBodyBytes = 8192;

    readonly WebApplication _app;
    readonly DashboardPages _pages;

    DashboardServer(WebApplication app, DashboardPages pages) => (_app, _pages) = (app, pages);

    /// <summary>Address of the server: "http://127.0.0.1:8081".</summary>
    public string Url => _app.Urls.First();

    /// <summary>Begins to listen.</summary>
    /// <param name="options">Content and permissions.</param>
    /// <param name="host">Address to listen on. One that other machines reach needs a key.</param>
    /// <param name="port">Port to listen on; 0 for a free one.</param>
    /// <param name="key">Key that a browser asks for as a password; null for none.</param>
    /// <param name="log">Receives one line for each request, on any thread.</param>
    /// <exception cref="InputException">A folder does not exist, an option is wrong, or the address is in use.</exception>
    public static async Task<DashboardServer> StartAsync(
        DashboardOptions options, IPAddress host, int port, string? key, Action<string> log)
    {
        Serving.ServerOptions.CheckAddress(host, port, key);
        DashboardPages pages = new(options, models: null);
        WebApplication app = Build(pages, host, port, key, log);
        try
        {
            await app.StartAsync().ConfigureAwait(false);
            return new(app, pages);
        }
        catch (Exception e)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            pages.Dispose();
            if (e is IOException)
            {
                throw new InputException($"The dashboard cannot listen on {host}, port {port}; use another port.", e);
            }
            throw;
        }
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _pages.Dispose();
    }

    static WebApplication Build(DashboardPages pages, IPAddress host, int port, string? key, Action<string> log)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Listen(host, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        WebApplication app = builder.Build();
        RequestGate gate = new(key) { LogLine = log, IsForBrowsers = _ => true };
        app.Use(gate.Pass);
        app.UseRouting();
        app.Use(RequestGate.RefuseUnknown);
        pages.Map(app);
        return app;
    }
}
