using System.Net;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Endpoints;
using Farsight.Alignment.Synthesis;
using Farsight.Engine.Numerics;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Server;

/// <summary>Evaluations and synthesis over the server against those with the model in this process.</summary>
public sealed class LocalEqualityTests(ServerFixture server) : IClassFixture<ServerFixture>, IDisposable
{
    readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_sampled_evaluation_has_the_examples_of_the_local_model()
    {
        EvalRequest request = new(["needle"], [300], 3, 2, 7, null)
        {
            Tokenizer = ServerFixture.ModelPath,
            Decoding = new() { Temperature = 0.9, Draws = 3 },
        };

        (EvalRecord[] local, EvalRecord[] served) = await Run(request);

        Assert.Equal(6, local.Length);
        Assert.True(local.SelectMany(e => e.Draws!).Select(d => d.Completion).Distinct().Count() > 6); // else nothing was drawn
        Assert.Equal(local.Select(Line), served.Select(Line));
    }

    [Fact]
    public async Task An_evaluation_with_chat_messages_has_the_examples_of_the_local_model()
    {
        Directory.CreateDirectory(_folder["data/entities"]);
        string words = string.Join('\n', Enumerable.Range(0, 60).Select(i => i % 9 == 0 ? "Oslo B-LOC" : "and O"));
        File.WriteAllText(_folder["data/entities/test.bio"], $"-DOCSTART- O\n\n{words}\n\n-DOCSTART- O\n\nBergen B-LOC\n");
        EvalRequest request = new(["entities"], [512], 1, null, 3, null)
        {
            Tokenizer = ServerFixture.ModelPath,
            Data = _folder["data"],
        };

        (EvalRecord[] local, EvalRecord[] served) = await Run(request);

        Assert.Equal(["chat", "chat"], local.Select(e => e.Template));
        Assert.Equal(local.Select(Line), served.Select(Line));
    }

    [Fact]
    public async Task Synthesis_writes_the_file_of_the_local_model()
    {
        File.WriteAllText(_folder["text.txt"], File.ReadAllText(Path.Combine(Repository.Root, "README.md")));
        LogoOptions options = new(ServerFixture.ModelPath, _folder["text.txt"], 4, 5, _folder["local.jsonl"]) { Temperature = 0.9 };
        using EndpointSet endpoint = EndpointSet.Open(new([server.Server.Url + "/v1"], "tiny"));

        await Task.Run(() => SynthesisRun.Start(options, null, CancellationToken.None));
        ILanguageModel writer = await Model(endpoint);
        await Task.Run(() => SynthesisRun.Start(options with { Out = _folder["served.jsonl"] }, writer, null, CancellationToken.None));

        Assert.Equal(4, File.ReadLines(_folder["local.jsonl"]).Count());
        Assert.Equal(File.ReadAllText(_folder["local.jsonl"]), File.ReadAllText(_folder["served.jsonl"]));
    }

    [Fact]
    public async Task The_state_of_random_numbers_decides_the_answer_of_one_choice()
    {
        int[] ids = [.. server.Local.Format.Prompt("The lamp is in the hall.", "Where is the lamp?")];
        SeededRandom random = SeededRandom.For(3, "any", 8);
        GenerationOptions options = new(24) { Temperature = 1.5 };
        Completion local =
            (await server.Local.LanguageModel.CompleteAsync([new(new Prompt.Tokens(ids), options) { Random = random }]))[0];
        string body = $$"""
            {"model":"tiny","prompt_token_ids":[{{string.Join(',', ids)}}],"max_tokens":24,"temperature":1.5,"return_token_ids":true,
             "random_state":{{unchecked((long)random.State)}}
            """;

        Reply one = await server.Post("/v1/chat/completions", body + "}");
        Reply two = await server.Post("/v1/chat/completions", body + ",\"n\":2}");

        int[] tokens = local.StopToken is { } stop ? [.. local.Tokens, stop] : [.. local.Tokens];
        Assert.Equal(tokens, one.Json["choices"]![0]!["token_ids"]!.AsArray().Select(t => (int)t!));
        Assert.Equal((HttpStatusCode.BadRequest, "random_state"), (two.Status, (string?)two.Error["param"]));
    }

    [Fact]
    public async Task No_stop_text_ends_an_answer_before_its_minimum_of_tokens()
    {
        const string Start = """{"model":"tiny","prompt":"Once upon a time","temperature":0,"max_tokens":12""";
        string free = (string)(await server.Post("/v1/completions", Start + "}")).Json["choices"]![0]!["text"]!;
        string stop = $",\"stop\":{System.Text.Json.JsonSerializer.Serialize(free[..1])}";

        Reply without = await server.Post("/v1/completions", Start + stop + "}");
        Reply with = await server.Post("/v1/completions", Start + stop + ",\"min_tokens\":6}");
        Reply beyond = await server.Post("/v1/completions", Start + ",\"min_tokens\":13}");

        Assert.Equal("", (string?)without.Json["choices"]![0]!["text"]);
        Assert.True((int)with.Json["usage"]!["completion_tokens"]! >= 6);
        Assert.StartsWith(free[..2], (string?)with.Json["choices"]![0]!["text"]);
        Assert.Equal((HttpStatusCode.BadRequest, "min_tokens"), (beyond.Status, (string?)beyond.Error["param"]));
    }

    public void Dispose() => _folder.Dispose();

    async Task<(EvalRecord[] Local, EvalRecord[] Served)> Run(EvalRequest request)
    {
        using EndpointSet endpoint = EndpointSet.Open(new([server.Server.Url + "/v1"], "tiny"));
        ILanguageModel model = await Model(endpoint);
        EvalResults served = await Task.Run(() => request.Run(model, null, null, CancellationToken.None));
        EvalResults local = await Task.Run(() => request.Run(server.Local, null, null, CancellationToken.None));
        return ([.. local.Examples], [.. served.Examples]);
    }

    Task<ILanguageModel> Model(EndpointSet endpoint) =>
        endpoint.AsTokenModelAsync(null, server.Local.Tokenizer.Sha256, CancellationToken.None);

    /// <summary>A record as it stands in examples.jsonl, without the name of the model.</summary>
    static string Line(EvalRecord record) => EvalFiles.Line(record with { Model = "" });
}
