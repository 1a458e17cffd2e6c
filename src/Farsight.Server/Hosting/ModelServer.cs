using System.Net.Sockets;
using Farsight.Engine;
using Farsight.Server.Dashboard;
using Farsight.Server.Endpoints;
using Farsight.Server.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Farsight.Server.Hosting;

/// <summary>Serves a model and its adapters over HTTP, as OpenAI-compatible clients expect it.</summary>
public sealed class ModelServer : IAsyncDisposable
{
    const long LeastBodyBytes = 4 << 20;
    const int BodyBytesPerToken = 64;

    readonly WebApplication _app;
    readonly ServerState _state;
    readonly CancellationTokenSource _stopping;
    readonly DashboardPages? _pages;
    readonly IDisposable? _traces;

    ModelServer(WebApplication app, ServerState state, CancellationTokenSource stopping, DashboardPages? pages, IDisposable? traces) =>
        (_app, _state, _stopping, _pages, _traces) = (app, state, stopping, pages, traces);

    /// <summary>Address of the server: "http://127.0.0.1:8080".</summary>
    public string Url => _app.Urls.First();

    /// <summary>Names of the served models: the base model first.</summary>
    public IReadOnlyList<string> ModelNames => [.. _state.Models.Models.Select(m => m.Name)];

    /// <summary>Maximum number of tokens of a prompt and its answer, for the base model.</summary>
    public int ContextTokens => _state.Models.Base.Window;

    /// <summary>Number of tokens that the cache of each model holds, and their bytes; 0 with a context method.</summary>
    public (int Tokens, long Bytes) Cache =>
        (_state.Models.Base.CacheTokens.Capacity, _state.Models.Base.CacheBytes);

    /// <summary>Opens the models and begins to listen.</summary>
    /// <param name="options">The served models, and the limits.</param>
    /// <param name="log">Receives one line for each request, and notices about the models, on any thread.</param>
    /// <param name="dashboard">Content of the dashboard that the server has as well; null for none.</param>
    /// <exception cref="InputException">An option is wrong, a model cannot be read, or the address is in use.</exception>
    public static async Task<ModelServer> StartAsync(ServerOptions options, Action<string> log, DashboardOptions? dashboard = null)
    {
        options.Check();
        IDisposable? traces = TraceExport.Start();
        ModelCatalog models = new(options, log);
        Admission admission = new(options.MaxRequests);
        CancellationTokenSource stopping = new();
        ServerState state = new(options, models, admission, new(admission, models), log, stopping.Token);
        DashboardPages? pages = dashboard is null ? null : new(dashboard, () => [.. models.Models.Select(m => m.Name)]);
        WebApplication app = Build(state, pages);
        ModelServer server = new(app, state, stopping, pages, traces);
        try
        {
            await app.StartAsync().ConfigureAwait(false);
            return server;
        }
        catch (Exception e)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            pages?.Dispose();
            models.Dispose();
            stopping.Dispose();
            traces?.Dispose();
            if (e is IOException or SocketException) // a port in use, or an address or port that this machine or user does not have
            {
                throw new InputException(
                    $"The server cannot listen on {options.Host}, port {options.Port}: {e.Message.TrimEnd('.')}. "
                        + "Use another port, or an address of this machine.",
                    e);
            }
            throw;
        }
    }

    /// <summary>Refuses new requests, waits for those in progress, and stops.</summary>
    /// <param name="drain">Maximum time to wait; requests that take longer are cancelled.</param>
    public async Task StopAsync(TimeSpan drain)
    {
        Task ended = _state.Admission.Close();
        await Task.WhenAny(ended, Task.Delay(drain)).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(5))).ConfigureAwait(false);
        using CancellationTokenSource now = new(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token).ConfigureAwait(false);
    }

    /// <summary>Stops at once, and frees the models.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _pages?.Dispose();
        _state.Models.Dispose();
        _stopping.Dispose();
        _traces?.Dispose();
    }

    static WebApplication Build(ServerState state, DashboardPages? pages)
    {
        ServerOptions options = state.Options;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.Services.AddOptions();
        builder.Logging.ClearProviders(); // the messages of the framework can hold text of requests
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // JsonRequest has the limit, and drains what is too large
            kestrel.Limits.RequestHeadersTimeout = options.HeaderTimeout;
            kestrel.Limits.KeepAliveTimeout = options.IdleTimeout;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MinResponseDataRate = null; // a slow reader of a stream is no attacker
            kestrel.Listen(options.Host, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => new ClientConnection(connection).Run(next));
                listen.Use(next => connection => FramingErrors.Run(connection, next));
            });
        });
        WebApplication app = builder.Build();
        long maxBody = options.MaxBodyBytes ?? LeastBodyBytes + (long)BodyBytesPerToken * state.Models.Base.Window;
        RequestGate gate = new(options.ApiKey)
        {
            LogLine = state.Log,
            Count = state.Metrics.CountRequest,
            Stopping = state.Stopping,
            IsForBrowsers = path => pages is not null || ApiReference.IsAt(path),
        };
        app.Use(gate.Pass);
        app.UseRouting();
        app.Use(RequestGate.RefuseUnknown);
        Map(app, state, maxBody, hasPlayground: pages is not null);
        ApiReference.Map(app);
        pages?.Map(app);
        return app;
    }

    static void Map(WebApplication app, ServerState state, long maxBody, bool hasPlayground)
    {
        Get("/v1/models", (context, _) => ModelEndpoints.List(state, context));
        Get("/v1/models/{**id}", (context, id) => ModelEndpoints.Get(state, context, id));
        Get("/health", (context, _) => ModelEndpoints.Health(state, context));
        Get("/metrics", (context, _) => ModelEndpoints.Metrics(state, context));
        Post("/v1/chat/completions", ChatEndpoint.Answer);
        Post("/v1/completions", CompletionEndpoint.Answer);
        Post("/v1/load_lora_adapter", ModelEndpoints.Load);
        Post("/v1/unload_lora_adapter", ModelEndpoints.Unload);
        Post("/tokenize", TextEndpoints.Tokenize);
        Post("/detokenize", TextEndpoints.Detokenize);
        Post("/apply-template", TextEndpoints.ApplyTemplate);
        if (hasPlayground)
        {
            Post("/playground/heads", HeadViewEndpoint.Answer);
        }

        void Get(string route, Func<RequestContext, string, Task> answer) => app.MapMethods(
            route,
            [HttpMethods.Get, HttpMethods.Head],
            // routing leaves an escaped slash as it is
            http => answer(
                new(http, default),
                ((string?)http.GetRouteValue("id") ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)));

        void Post(string route, Func<ServerState, RequestContext, Task> answer) =>
            app.MapMethods(route, [HttpMethods.Post], http => JsonRequest.Run(http, maxBody, context => answer(state, context)));
    }
}
