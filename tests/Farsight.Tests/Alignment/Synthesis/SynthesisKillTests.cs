using System.Diagnostics;
using System.Globalization;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Synthesis;

/// <summary>The command in a process of its own, killed at random moments and started again.</summary>
public sealed class SynthesisKillTests : IDisposable
{
    static readonly string[] s_made = ["", ".summary.json", ".card.md", ".card.json"];

    readonly TemporaryFolder _folder = new();

    [Fact]
    public Task An_endpoint_s_answers_survive_kills() => Endpoint(kills: 2, samples: 60);

    [Fact]
    [Trait("Category", "Slow")]
    public Task An_endpoint_s_answers_survive_many_kills() => Endpoint(kills: 25, samples: 400);

    [Fact]
    [Trait("Category", "Slow")]
    public void The_local_model_s_answers_survive_many_kills()
    {
        File.WriteAllText(_folder["ledger.txt"], LedgerChat.Ledger(400));
        KillAndCompare(10, "--samples", "160", "--threads", "1");
    }

    public void Dispose() => _folder.Dispose();

    async Task Endpoint(int kills, int samples)
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        (server.Text, server.Delay) = (LedgerChat.Answer, TimeSpan.FromMilliseconds(10));
        File.WriteAllText(_folder["ledger.txt"], LedgerChat.Ledger(600));
        await Task.Run(() =>
            KillAndCompare(
                kills,
                "--endpoint",
                server.Url,
                "--endpoint-model",
                "ledger",
                "--chunk-tokens",
                "64",
                "--samples",
                samples.ToString(CultureInfo.InvariantCulture)));
    }

    void KillAndCompare(int kills, params string[] args)
    {
        using (Process whole = Start("whole.jsonl", args))
        {
            Finish(whole);
        }
        SeededRandom random = SeededRandom.For(1, "kills", kills);
        int killed = 0;
        while (
            killed < kills
            && KillOnTheWay(random.NextDouble() * Length("whole.jsonl") / kills, TimeSpan.FromMilliseconds(random.Next(30)), args))
        {
            killed++;
        }
        Assert.InRange(killed, (kills + 1) / 2, kills);
        if (!File.Exists(_folder["killed.jsonl"]) || File.Exists(_folder["killed.jsonl.journal.json"]))
        {
            using Process rest = Start("killed.jsonl", args);
            Finish(rest);
        }
        Assert.All(s_made, made => Assert.Equal(Text("whole.jsonl", made), Text("killed.jsonl", made)));
        Assert.Empty(
            Directory
                .GetFiles(_folder.Path, "*.tmp")
                .Concat(Directory.GetFiles(_folder.Path, "*.partial"))
                .Concat(Directory.GetFiles(_folder.Path, "*.journal.json")));
    }

    /// <summary>Kills it a moment after it has written so many bytes more than it found.</summary>
    /// <returns>False when it was done before that.</returns>
    bool KillOnTheWay(double bytes, TimeSpan moment, string[] args)
    {
        using Process part = Start("killed.jsonl", args);
        double until = Length("killed.jsonl.partial") + bytes;
        while (!part.WaitForExit(TimeSpan.FromMilliseconds(5)))
        {
            if (Length("killed.jsonl.partial") > until && !part.WaitForExit(moment))
            {
                part.Kill();
                part.WaitForExit();
                return true;
            }
        }
        Finish(part);
        return false;
    }

    static void Finish(Process process)
    {
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(5)), "it does not end");
        Assert.True(process.ExitCode == 0, process.StandardError.ReadToEnd());
    }

    long Length(string name) => new FileInfo(_folder[name]) is { Exists: true } file ? file.Length : 0;

    string Text(string name, string made) => File.ReadAllText(_folder[name + made]).Replace(name, "x.jsonl", StringComparison.Ordinal);

    Process Start(string output, string[] args)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] all =
        [
            Path.Combine(AppContext.BaseDirectory, "farsight.dll"),
            "synth",
            "logo",
            "--model",
            Path.Combine(Repository.Root, "models/tiny"),
            "--documents",
            _folder["ledger.txt"],
            "--seed",
            "1",
            "--out",
            _folder[output],
            .. args,
        ];
        all.ToList().ForEach(start.ArgumentList.Add);
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { }; // nobody reads it, and a full pipe would stop the program
        process.BeginOutputReadLine();
        return process;
    }
}
