using System.Net;
using Farsight.Server.Hosting;

namespace Farsight.Tests.Server;

public sealed class AdapterChangeTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_damaged_adapter_is_refused_and_only_the_log_has_the_reason()
    {
        Directory.CreateDirectory(_folder["adapters/broken"]);
        await File.WriteAllTextAsync(_folder["adapters/broken/adapter_config.json"], "{ \"r\": 4,");
        List<string> log = [];
        await using ModelServer server = await ModelServer.StartAsync(
            new() { Model = ServerFixture.ModelPath, Port = 0, AdapterFolder = _folder["adapters"] }, log.Add);
        using HttpClient client = new() { BaseAddress = new(server.Url) };

        Reply reply = await ServerFixture.Post(client, "/v1/load_lora_adapter", """{"lora_name":"b","lora_path":"broken"}""");

        Assert.Equal((HttpStatusCode.BadRequest, "adapter_invalid"), (reply.Status, reply.Error["code"]!.ToString()));
        Assert.DoesNotContain("adapter_config.json", reply.Body, StringComparison.Ordinal);
        Assert.Contains(log, l => l.StartsWith("refused: ", StringComparison.Ordinal)
            && l.Contains("adapter_config.json is not valid JSON", StringComparison.Ordinal));
    }
}
