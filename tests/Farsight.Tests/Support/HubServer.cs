using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Farsight.Tests.Support;

/// <summary>
/// A server on loopback that imitates the API of the Hugging Face hub, and a second one for large files, to which the first redirects.
/// </summary>
sealed class HubServer : IAsyncDisposable
{
    internal const string Id = "org/tiny", Commit = "1111111111111111111111111111111111111111";

    readonly WebApplication _app;
    readonly ConcurrentDictionary<string, int> _attempts = new();

    HubServer(WebApplication app) => _app = app;

    /// <summary>The files of the repository by path; files with the ending .safetensors or .gguf are large ones.</summary>
    internal Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that the listing has beside those of files.</summary>
    internal List<string> ListedNames { get; } = [];

    /// <summary>What goes wrong with the content of a file, by its path and the number of the attempt, from 0.</summary>
    internal Func<string, int, HubFault> Fault { get; set; } = (_, _) => HubFault.None;

    /// <summary>A status and error code sent instead of an answer, by path; null answers.</summary>
    internal Func<HttpRequest, (int Status, string Code)?> Refusal { get; set; } = _ => null;

    internal string ListedCommit { get; set; } = Commit;

    /// <summary>Whether the listing has sizes and checksums, as the hub's does; mirrors may leave them out.</summary>
    internal bool ListsChecksums { get; set; } = true;

    /// <summary>Checksum that is listed for a file in place of its own.</summary>
    internal Dictionary<string, string> WrongChecksums { get; } = [];

    /// <summary>Where a large file is redirected to in place of the second server.</summary>
    internal string? RedirectTo { get; set; }

    /// <summary>Called before the content of a file is sent.</summary>
    internal Action<string> OnContent { get; set; } = _ => { };

    /// <summary>Every request: "GET /path" with its Range and Authorization.</summary>
    internal ConcurrentQueue<(string Request, string? Range, string? Authorization)> Requests { get; } = new();

    internal string Url => _app.Urls.First();

    /// <summary>Address of the server of large files, which also sends any other file below /store/.</summary>
    internal string StoreUrl => _app.Urls.Last();

    internal static async Task<HubServer> Start()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, 0);
            k.Listen(IPAddress.Loopback, 0);
        });
        HubServer server = new(builder.Build());
        server._app.Run(server.Answer);
        await server._app.StartAsync();
        return server;
    }

    internal HubSettings Settings(string cache, string? token = null) => HubSettings.From(name => name switch
    {
        "HF_ENDPOINT" => Url,
        "HF_HUB_CACHE" => cache,
        "HF_TOKEN" => token,
        "HF_TOKEN_PATH" => Path.Combine(cache, "no-token"),
        _ => null,
    });

    internal static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    internal static string GitName(byte[] content)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        hash.AppendData(content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    internal static bool IsLarge(string path) => Path.GetExtension(path) is ".safetensors" or ".gguf";

    internal int ContentRequests => Requests.Count(r => r.Request.StartsWith("GET ", StringComparison.Ordinal)
        && !r.Request.Contains("/api/", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(50));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    async Task Answer(HttpContext context)
    {
        HttpRequest request = context.Request;
        string path = request.Path.Value!;
        bool isStore = context.Connection.LocalPort == new Uri(StoreUrl).Port;
        Requests.Enqueue(($"{request.Method} {(isStore ? "store" : "")}{path}", request.Headers.Range, request.Headers.Authorization));
        try
        {
            if (Refusal(request) is var (status, code))
            {
                context.Response.StatusCode = status;
                context.Response.Headers["X-Error-Code"] = code;
                await context.Response.WriteAsync($"{{\"error\":\"denied to {request.Headers.Authorization}\"}}");
            }
            else if (isStore)
            {
                await Send(context, path["/store/".Length..]);
            }
            else if (path.StartsWith("/api/", StringComparison.Ordinal))
            {
                await List(context, path);
            }
            else
            {
                await Resolve(context, path.Replace("/datasets/", "/", StringComparison.Ordinal));
            }
        }
        catch (OperationCanceledException)
        {
            // The client went away.
        }
    }

    async Task List(HttpContext context, string path)
    {
        string[] parts = path.Split('/'); // "", api, models, organization, name, revision, REVISION
        bool isKnown = $"{parts[3]}/{parts[4]}" == Id;
        if (!isKnown || !((string[])["main", Commit, "v1"]).Contains(parts[^1]))
        {
            context.Response.StatusCode = isKnown ? 404 : 401;
            context.Response.Headers["X-Error-Code"] = context.Response.StatusCode == 404 ? "RevisionNotFound" : "RepoNotFound";
            return;
        }
        JsonArray siblings = [.. ListedNames.Select(n => (JsonNode)new JsonObject { ["rfilename"] = n })];
        foreach ((string name, byte[] content) in Files)
        {
            JsonObject file = new() { ["rfilename"] = name };
            if (ListsChecksums)
            {
                file["size"] = content.Length;
                file["blobId"] = WrongChecksums.GetValueOrDefault(name) ?? GitName(content);
                if (IsLarge(name))
                {
                    file["lfs"] = new JsonObject
                    {
                        ["sha256"] = WrongChecksums.GetValueOrDefault(name) ?? Sha256(content),
                        ["size"] = content.Length,
                        ["pointerSize"] = 130,
                    };
                }
            }
            siblings.Add((JsonNode)file);
        }
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(
            new JsonObject { ["id"] = Id, ["sha"] = ListedCommit, ["siblings"] = siblings, ["gated"] = false }.ToJsonString());
    }

    async Task Resolve(HttpContext context, string path)
    {
        string prefix = $"/{Id}/resolve/{Commit}/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal) || !Files.TryGetValue(path[prefix.Length..], out byte[]? content))
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["X-Error-Code"] = "EntryNotFound";
            return;
        }
        string name = path[prefix.Length..];
        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (!IsLarge(name))
        {
            context.Response.Headers.ETag = $"\"{GitName(content)}\"";
            await Send(context, name);
            return;
        }
        context.Response.StatusCode = 302;
        context.Response.Headers["X-Linked-Etag"] = $"\"{Sha256(content)}\"";
        context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.Location = RedirectTo ?? $"{StoreUrl}/store/{name}?signature=secret";
    }

    async Task Send(HttpContext context, string name)
    {
        HttpResponse response = context.Response;
        byte[] content = Files[name];
        bool isHead = context.Request.Method == "HEAD";
        OnContent(name);
        HubFault fault = isHead ? HubFault.None : Fault(name, _attempts.AddOrUpdate(name, 1, (_, n) => n + 1) - 1);
        int from = context.Request.GetTypedHeaders().Range is { } range ? (int)range.Ranges.Single().From!.Value : 0;
        if (fault == HubFault.Busy)
        {
            response.StatusCode = 503;
            return;
        }
        if (from > 0 && (fault == HubFault.RefusesRange || from >= content.Length))
        {
            response.StatusCode = 416;
            return;
        }
        from = fault == HubFault.IgnoresRange ? 0 : from;
        byte[] rest = content[from..];
        if (from > 0)
        {
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }
        if (fault == HubFault.Corrupt)
        {
            rest[^1] ^= 1;
        }
        response.ContentLength = rest.Length;
        if (isHead)
        {
            return;
        }
        if (fault is HubFault.Truncated or HubFault.Stalled)
        {
            await response.Body.WriteAsync(rest.AsMemory(0, rest.Length / 2), context.RequestAborted);
            await response.Body.FlushAsync(context.RequestAborted);
            if (fault == HubFault.Stalled)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            return; // the connection closes, because the promised bytes are not written
        }
        await response.Body.WriteAsync(rest, context.RequestAborted);
    }
}

/// <summary>A fault of the server that sends a file.</summary>
public enum HubFault
{
    None,
    Truncated,
    Stalled,
    IgnoresRange,
    RefusesRange,
    Corrupt,
    Busy,
}
