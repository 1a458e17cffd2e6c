using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Farsight.Engine;
using Farsight.Server.Hosting;
using Farsight.Server.Serving;

namespace Farsight.Tests.Server;

public sealed class SecurityTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    const string Key = "a-key-of-twenty-letters";

    [Fact]
    public void An_address_that_other_machines_reach_needs_a_key()
    {
        ServerOptions open = new() { Model = "m", Host = IPAddress.Any };

        Assert.Contains("API key", Assert.Throws<InputException>(open.Check).Message, StringComparison.Ordinal);
        (open with { ApiKey = Key }).Check();
    }

    [Fact]
    public async Task With_a_key_every_path_but_health_needs_it()
    {
        await using ModelServer keyed = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0, ApiKey = Key }, _ => { });
        using HttpClient client = new() { BaseAddress = new(keyed.Url) };

        foreach ((string? scheme, string value) in new[] { (null, ""), ("Bearer", "wrong"), ("Basic", Key), ("Bearer", "") })
        {
            client.DefaultRequestHeaders.Authorization = scheme is null ? null : new(scheme, value);
            foreach (string path in new[] { "/v1/models", "/metrics", "/nothing", $"/v1/models?api_key={Key}" })
            {
                using HttpResponseMessage refused = await client.GetAsync(path);
                Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
                Assert.Contains("invalid_api_key", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                Assert.NotEmpty(refused.Headers.WwwAuthenticate);
            }
        }
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health")).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("bearer", Key);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/models")).StatusCode);
    }

    [Fact]
    public async Task Without_a_key_another_host_name_is_refused()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/v1/models");
        request.Headers.Host = "rebound.example";

        using HttpResponseMessage response = await server.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("host_not_allowed", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_this_machine_does_not_have_is_an_error_of_the_user()
    {
        InputException failure = await Assert.ThrowsAsync<InputException>(() => ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Host = IPAddress.Parse("192.0.2.1"), Port = 0, ApiKey = Key }, _ => { }));

        Assert.Contains("192.0.2.1", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", 400)]
    [InlineData("", 400)]
    [InlineData("[]", 400)]
    [InlineData("{}{}", 400)]
    [InlineData("""{"model":"x","model":"y"}""", 400)]
    [InlineData("""{"model":"cut \ud83d"}""", 400)]
    [InlineData("""{"model":"absent","messages":[{"role":"user","content":"x"}]}""", 404)]
    public async Task A_damaged_body_is_the_error_of_the_client(string body, int status)
    {
        Reply reply = await server.Post("/v1/chat/completions", body);

        Assert.Equal(status, (int)reply.Status);
        Assert.NotEmpty((string)reply.Error["message"]!);
    }

    [Fact]
    public async Task Only_json_is_read() => Assert.Equal(
        HttpStatusCode.UnsupportedMediaType, (await ServerFixture.Post(server.Client, "/v1/completions", "{}", "text/plain")).Status);

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_while_it_is_sent()
    {
        Reply reply = await server.Post("/v1/completions", new string(' ', 12 << 20));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
        Assert.Contains("limit", (string)reply.Error["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_paths_and_methods_have_the_error_format()
    {
        using HttpResponseMessage path = await server.Client.GetAsync("/v1/nothing");
        using HttpResponseMessage method = await server.Client.DeleteAsync("/v1/models");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed), (path.StatusCode, method.StatusCode));
        Assert.Contains("\"error\"", await path.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"error\"", await method.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["GET", "HEAD"], method.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task Damaged_http_gets_an_error_with_a_body()
    {
        string reply = await Raw("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nbroken header\r\n\r\n", closesHalf: false);

        Assert.StartsWith("HTTP/1.1 400", reply, StringComparison.Ordinal);
        Assert.Contains("\"invalid_request_error\"", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_closed_its_sending_half_gets_its_answer()
    {
        const string Body = """{"model":"tiny","prompt":"Once","max_tokens":200,"temperature":0,"logit_bias":{"2044":-100}}""";
        string request =
            "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}";

        Assert.Contains("\"text_completion\"", await Raw(request, closesHalf: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_and_metrics_have_no_text_of_a_request()
    {
        const string Marker = "quillfeather";
        await server.Post("/v1/completions", $$"""{"model":"tiny","prompt":"{{Marker}}","max_tokens":2}""");
        await server.Post("/v1/completions", $$"""{"model":"{{Marker}}","prompt":"x"}""");
        await server.Post("/v1/completions", $$"""{"model":"tiny","prompt":"x","{{Marker}}":1}""");
        await server.Client.GetAsync($"/{Marker}");

        string metrics = await server.Client.GetStringAsync("/metrics");

        Assert.Contains("farsight_prompt_tokens_total{model=\"tiny\"}", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(Marker, metrics, StringComparison.Ordinal);
        lock (server.Log)
        {
            Assert.Contains(server.Log, l => l.StartsWith("POST /v1/completions 200", StringComparison.Ordinal));
            Assert.DoesNotContain(server.Log, l => l.Contains(Marker, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_stopping_server_refuses_requests_and_finishes_running_ones()
    {
        await using ModelServer stopping = await ModelServer.StartAsync(new() { Model = ServerFixture.ModelPath, Port = 0 }, _ => { });
        using HttpClient client = new() { BaseAddress = new(stopping.Url) };
        Task<Reply> running = ServerFixture.Post(
            client, "/v1/completions", """{"model":"tiny","prompt":"a","max_tokens":400,"logit_bias":{"2044":-100}}""");
        while (!(await client.GetStringAsync("/metrics")).Contains("farsight_requests_in_progress 1", StringComparison.Ordinal)
            && !running.IsCompleted)
        {
        }

        Task stop = stopping.StopAsync(TimeSpan.FromSeconds(60));
        Reply refused = await ServerFixture.Post(client, "/v1/completions", """{"model":"tiny","prompt":"a","max_tokens":1}""");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (refused.Status, refused.HasRetryAfter));
        Assert.Equal("server_stopping", (string?)refused.Error["code"]);
        Assert.Equal(HttpStatusCode.OK, (await running).Status);
        await stop;
    }

    async Task<string> Raw(string request, bool closesHalf)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(server.Server.Url).Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        if (closesHalf)
        {
            client.Client.Shutdown(SocketShutdown.Send);
        }
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync();
    }
}
