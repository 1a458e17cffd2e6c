using System.Net;
using Farsight.Alignment.Data;
using Farsight.Alignment.Runs;
using Farsight.Evaluation.Core;
using Farsight.Server.Dashboard;
using Farsight.Server.Hosting;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Server.Dashboard;

/// <summary>A folder with runs, a dataset, evaluations and a study, whose every text holds markup, behind a dashboard.</summary>
public sealed class DashboardFiles : IAsyncLifetime, IDisposable
{
    /// <summary>A text that would run in a browser if it was not escaped; it has no slash, so that it can be a folder's name.</summary>
    internal const string Payload = "<img src=x onerror=alert(1)>\"'&amp;<script>alert(2)<script>";

    internal static readonly string PromptHash = new('a', 64);

    TemporaryFolder _folder = null!;
    DashboardServer _server = null!;

    internal HttpClient Client { get; private set; } = null!;

    internal string Root => _folder["shown"];

    /// <summary>A folder beside the shown one.</summary>
    internal string Outside => _folder["outside"];

    internal string In(string path) => Path.Combine(Root, path);

    public async Task InitializeAsync()
    {
        _folder = new();
        Directory.CreateDirectory(Outside);
        File.WriteAllText(Path.Combine(Outside, "secret.txt"), "the secret");
        Directory.CreateDirectory(Root);
        WriteRun(In("runs/one"), 100, loss: 2);
        WriteRun(In($"runs/{Payload}"), 5, loss: 1);
        WriteDataset(In("data.jsonl"), 120);
        WriteEvaluation(In("eval/a"), i => i < 30);
        WriteEvaluation(In("eval/b"), i => i < 3);
        Directory.CreateDirectory(In("study"));
        File.WriteAllText(In("study/study.json"), "{}");
        File.WriteAllText(In("study/report.html"), "<!DOCTYPE html><title>A study</title><p>its report</p>");
        _server = await DashboardServer.StartAsync(
            new([Root]) { Model = ServerFixture.ModelPath, AllowsStop = true }, IPAddress.Loopback, 0, null, _ => { });
        Client = new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new(_server.Url) };
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Gets a page that must be there.</summary>
    internal async Task<string> Page(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(path);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode}\n{text}");
        return text;
    }

    internal static void WriteRun(string folder, int steps, double loss)
    {
        Directory.CreateDirectory(folder);
        string text = System.Text.Json.JsonEncodedText.Encode(Payload).ToString();
        File.WriteAllText(
            Path.Combine(folder, "recipe.resolved.json"),
            $$"""
            {"base_model":"{{text}}","data":"{{text}}","steps":{{steps + 1}},
             "objective":{"name":"{{text}}","beta":{{loss}}},"{{text}}":"{{text}}"}
            """);
        RunManifest manifest = RunManifest.OfThisProcess("train", 1, new Dictionary<string, string> { [Payload] = Payload });
        File.WriteAllText(
            Path.Combine(folder, "manifest.json"), (manifest with { Processor = Payload, FarsightVersion = Payload }).ToJson());
        using (MetricsLog metrics = new(Path.Combine(folder, "metrics.jsonl")))
        {
            for (int step = 0; step <= steps; step++)
            {
                Dictionary<string, double> values = step == 0 ? [] : new()
                {
                    ["loss"] = loss / (step + 1),
                    ["reward_margin"] = 0.1 * step,
                    ["reward_accuracy"] = 0.5,
                    ["chosen_log_prob"] = -1,
                    ["rejected_log_prob"] = -2,
                    ["chosen_reward"] = 1,
                    ["rejected_reward"] = -1,
                    ["gradient_norm"] = 1,
                    ["learning_rate"] = 1e-4,
                };
                metrics.Append(new(step, values, step % 50 == 0 ? new Dictionary<string, double> { ["loss"] = loss } : null));
            }
        }
        File.WriteAllLines(
            Path.Combine(folder, "timing.jsonl"),
            Enumerable.Range(1, steps).Select(s => $$"""{"step":{{s}},"seconds":2,"tokens":600,"peak_memory":1000000000}"""));
        new StepLog<AlarmLine>(Path.Combine(folder, "alarms.jsonl"), l => l.Step).Append([new(3, Payload, Payload)]);
        new StepLog<SampleLine>(Path.Combine(folder, "samples.jsonl"), l => l.Step)
            .Append([new(0, Payload, Payload, Payload, Payload, 0, 0, true), new(3, Payload, Payload, Payload, Payload, 0, 0, true)]);
        File.WriteAllText(Path.Combine(folder, "notices.txt"), Payload + "\n");
    }

    internal static void WriteDataset(string file, int samples)
    {
        Tokenizer tokenizer = Tokenizer.Load(ServerFixture.ModelPath);
        File.WriteAllLines(file, Enumerable.Range(0, samples).Select(i => PreferenceLine.Format(new(
            $"{Payload}-{i}",
            [
                new(Payload, 0, tokenizer.Encode($" The lamp {i} is red. {Payload}"), 2, ChunkRole.Relevant),
                new(Payload, 1, tokenizer.Encode(" The door is open."), 0, ChunkRole.Irrelevant),
            ],
            $"What color has lamp {i}? {Payload}",
            $"The lamp is red. {Payload}",
            [$"The lamp is blue. {Payload}"],
            new(
                [Payload], 1, i, new([0], [[1]]), new(Payload, 0.5, 20), new(Payload, Payload, 0), new(Payload, i % 2 == 0, Payload),
                i % 3 == 0 ? QuestionOrigin.Fact : QuestionOrigin.Document)))));
    }

    static void WriteEvaluation(string folder, Func<int, bool> isDistracted)
    {
        EvalRecord[] records =
        [
            .. Enumerable.Range(0, 80).Select(i => new EvalRecord(
                Payload,
                "needle/near",
                1,
                $"{Payload}-{i}",
                PromptHash,
                isDistracted(i) ? 0 : 1,
                new Dictionary<string, double> { ["distractor"] = isDistracted(i) ? 1 : 0 })
            {
                Question = Payload, References = [Payload], Completion = Payload, PromptEnd = Payload, Verdict = Payload,
                Failed = i == 1 ? Payload : null,
                Groups = new Dictionary<string, string> { ["length"] = i % 2 == 0 ? "1024" : "4096", ["depth"] = i % 4 < 2 ? "0.5" : "0" },
            }),
        ];
        PromptFiles.Write(folder, PromptHash, () => $"{Payload}\nThe whole prompt.");
        EvalFiles.WriteResults(
            Directory.CreateDirectory(folder).FullName,
            new(Payload, 1, Payload, [TaskResult.Of(EvalTaskCatalog.Get("needle/near"), records, 1)], records) { Command = Payload });
    }
}
