using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Farsight.Alignment.Answering;
using Farsight.Server.Hosting;

namespace Farsight.Tests.Server;

/// <summary>The bundled model behind a server on a free loopback port, and the same model in this process.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    internal const string Name = "tiny";

    internal static string ModelPath { get; } = Path.Combine(Repository.Root, "models/tiny");

    internal ModelServer Server { get; private set; } = null!;

    internal HttpClient Client { get; private set; } = null!;

    internal LoadedModel Local { get; private set; } = null!;

    internal List<string> Log { get; } = [];

    public async Task InitializeAsync()
    {
        Server = await ModelServer.StartAsync(new() { Model = ModelPath, Port = 0 }, Write);
        Client = new() { BaseAddress = new(Server.Url) };
        Local = LoadedModel.Open(ModelPath);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        Local.Dispose();
    }

    /// <summary>Sends a request of JSON and returns the reply, whatever its status.</summary>
    internal static async Task<Reply> Post(HttpClient client, string path, string json, string type = "application/json")
    {
        using StringContent content = new(json, Encoding.UTF8, type);
        using HttpResponseMessage response = await client.PostAsync(path, content);
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.RetryAfter is not null);
    }

    internal Task<Reply> Post(string path, string json) => Post(Client, path, json);

    void Write(string line)
    {
        lock (Log)
        {
            Log.Add(line);
        }
    }
}

/// <summary>A reply of a server.</summary>
sealed record Reply(HttpStatusCode Status, string Body, bool HasRetryAfter)
{
    internal JsonNode Json => JsonNode.Parse(Body)!;

    internal JsonNode Error => Json["error"]!;

    /// <summary>The events of a stream, without the last, which is checked to be [DONE].</summary>
    internal JsonNode[] Events
    {
        get
        {
            string[] data = [.. Body.Split('\n').Where(l => l.StartsWith("data: ", StringComparison.Ordinal)).Select(l => l[6..])];
            Assert.Equal("[DONE]", data[^1]);
            return [.. data.SkipLast(1).Select(d => JsonNode.Parse(d)!)];
        }
    }
}
