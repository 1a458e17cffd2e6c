using Farsight.Alignment.Endpoints;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Endpoints;

public sealed class AnswerCacheTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly ScaledTime _time = new(100);

    string Cache => _folder["cache"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_answered_once_is_not_asked_again()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.FinishReason = "length";
        ChatResponse[] first, second;
        using (EndpointSet set = Open(server))
        {
            first = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => set.GetResponseAsync(Ask($"{i}"))));
        }
        using EndpointSet again = Open(server);
        second = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => again.GetResponseAsync(Ask($"{i}"))));

        Assert.Equal(50, server.Requests);
        Assert.Equal(first.Select(Told), second.Select(Told));
        Assert.Equal((0, 50, 0), (again.Usage.Answers, again.Usage.FromCache, again.Usage.InputTokens));

        static string Told(ChatResponse r) =>
            $"{r.Text} {r.FinishReason} {r.ModelId} {r.Usage!.InputTokenCount} {r.Usage.OutputTokenCount}";
    }

    [Fact]
    public async Task Every_part_of_a_request_makes_another_one_of_it_but_not_the_address()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(), other = await FaultyEndpoint.Start();
        using EndpointSet set = Open(server), moved = Open(other);
        ChatOptions[] variants =
        [
            new(),
            new() { Seed = 1 },
            new() { Seed = 2 },
            new() { Temperature = 1 },
            new() { TopP = 0.5f },
            new() { MaxOutputTokens = 5 },
            new() { StopSequences = ["a", "b"] },
            new() { StopSequences = ["ab"] },
            new() { ModelId = "other" },
            new() { Instructions = "s" },
        ];

        foreach (ChatOptions options in variants)
        {
            await set.GetResponseAsync(Ask("x"), options);
            await moved.GetResponseAsync(Ask("x"), options);
        }
        await set.GetResponseAsync([new(ChatRole.System, "x")]);

        Assert.Equal(variants.Length + 1, server.Requests);
        Assert.Equal(0, other.Requests);
    }

    [Fact]
    public async Task Who_asks_the_same_at_the_same_time_shares_one_answer()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Delay = TimeSpan.FromMilliseconds(20);
        using EndpointSet set = Open(server);

        ChatResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => set.GetResponseAsync(Ask("x"))));

        Assert.Equal(1, server.Requests);
        Assert.Single(answers.Select(a => a.Text).Distinct());
    }

    [Fact]
    public async Task Damaged_entries_are_asked_again_and_said()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        List<string> notices = [];
        string sound;
        using (EndpointSet set = Open(server))
        {
            sound = (await set.GetResponseAsync(Ask("x"))).Text;
        }
        string file = Assert.Single(Directory.GetFiles(Cache, "*", SearchOption.AllDirectories));
        byte[] bytes = File.ReadAllBytes(file);
        byte[][] damaged = [[], .. Mutations.OfJson(bytes, 200).Where(m => !m.SequenceEqual(bytes))];

        using EndpointSet again = EndpointSet.Open(Options(server), notices.Add);
        foreach (byte[] variant in damaged)
        {
            File.WriteAllBytes(file, variant);
            Assert.Equal(sound, (await again.GetResponseAsync(Ask("x"))).Text); // a doubled member changes nothing, everything else is seen
        }

        Assert.True(again.Usage.Damaged > damaged.Length / 2);
        Assert.Equal((again.Usage.Damaged, again.Usage.Damaged), (server.Requests - 1, notices.Count));
        Assert.Equal($"{file} is damaged; its request is sent again.", notices[0]);
        Assert.Equal(damaged.Length, again.Usage.Damaged + again.Usage.FromCache);
        _ = await again.GetResponseAsync(Ask("x"));
        Assert.Equal(bytes, File.ReadAllBytes(file));
    }

    [Fact]
    public async Task What_a_killed_process_left_behind_disturbs_nobody()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        using EndpointSet set = Open(server);
        await set.GetResponseAsync(Ask("x"));
        string file = Assert.Single(Directory.GetFiles(Cache, "*", SearchOption.AllDirectories));
        File.Move(file, $"{file}.{Environment.ProcessId}.tmp");
        File.AppendAllText($"{file}.{Environment.ProcessId}.tmp", "half");

        await set.GetResponseAsync(Ask("x"));
        await set.GetResponseAsync(Ask("x"));

        Assert.Equal(2, server.Requests);
        Assert.Equal([file], Directory.GetFiles(Cache, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Failures_are_not_kept()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.Fault = (_, attempt) => attempt < 2 ? EndpointFault.NoChoice : EndpointFault.None;
        using EndpointSet set = EndpointSet.Open(Options(server) with { Retries = 1 }, null, _time);

        await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync(Ask("x")));

        Assert.Empty(Directory.GetFiles(Cache, "*", SearchOption.AllDirectories));
        Assert.EndsWith("x", (await set.GetResponseAsync(Ask("x"))).Text);
    }

    EndpointSet Open(FaultyEndpoint server) => EndpointSet.Open(Options(server));

    EndpointOptions Options(FaultyEndpoint server) => new([server.Url], "m") { Cache = Cache };

    static ChatMessage[] Ask(string text) => [new(ChatRole.User, text)];
}
