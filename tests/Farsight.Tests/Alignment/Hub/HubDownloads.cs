using Farsight.Alignment.Hub;
using Farsight.Engine;
using Farsight.Tests.Engine.Checkpoints;

namespace Farsight.Tests.Alignment.Hub;

/// <summary>Downloads from a local server that imitates the hub and has one small model.</summary>
public abstract class HubDownloads : IAsyncLifetime, IDisposable
{
    private protected const string Token = "hf_abcdefghijklmnopqrstuvwxyz";

    private protected TemporaryFolder Folder { get; } = new();

    private protected HubServer Hub { get; private set; } = null!;

    private protected string Cache => Folder["cache"];

    private protected string Repository => Path.Combine(Cache, "models--org--tiny");

    private protected string Snapshot => Path.Combine(Repository, "snapshots", HubServer.Commit);

    public async Task InitializeAsync()
    {
        Hub = await HubServer.Start();
        using TemporaryFolder model = new();
        TinyModelFiles.Write(model.Path, TinyModelFiles.Config, TinyModelFiles.Weights(TinyModelFiles.Config));
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            Hub.Files[name] = File.ReadAllBytes(model[name]);
        }
        Hub.Files["tokenizer.json"] = "{}"u8.ToArray();
        Hub.Files["additional_chat_templates/tools.jinja"] = "{{ x }}"u8.ToArray();
        Hub.Files["README.md"] = "read me"u8.ToArray();
        Hub.Files["pytorch_model.bin"] = new byte[100];
        Hub.Files["onnx/model.onnx"] = new byte[100];
    }

    public async Task DisposeAsync() => await Hub.DisposeAsync();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected HubDownload Download(string? token = null, string name = HubServer.Id, string? file = null, string? output = null) =>
        new(HubName.Parse(name)) { Settings = Hub.Settings(Cache, token), Pause = TimeSpan.Zero, FileName = file, Output = output };

    private protected static async Task<string> Message(HubDownload download) =>
        (await Assert.ThrowsAnyAsync<InputException>(() => download.Run(null, default))).Message;

    private protected sealed class Progress(Action<DownloadProgress> act) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => act(value);
    }
}
