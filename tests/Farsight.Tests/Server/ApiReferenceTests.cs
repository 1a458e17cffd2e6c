using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Farsight.Tests.Server;

/// <summary>The description of the paths against what they accept.</summary>
public sealed partial class ApiReferenceTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    static readonly JsonObject s_document =
        JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src/Farsight.Server/Hosting/openapi.json")))!.AsObject();

    static readonly Dictionary<string, JsonObject> s_bodies = s_document["paths"]!.AsObject()
        .Where(p => p.Value!["post"] is not null && !p.Key.Contains("lora", StringComparison.Ordinal))
        .ToDictionary(p => p.Key, p => p.Value!["post"]!["requestBody"]!["content"]!["application/json"]!.AsObject());

    public static TheoryData<string, string> Fields
    {
        get
        {
            TheoryData<string, string> fields = [];
            foreach (string path in s_bodies.Keys)
            {
                foreach ((string name, _) in Schema(path)["properties"]!.AsObject())
                {
                    fields.Add(path, name);
                }
            }
            return fields;
        }
    }

    [Fact]
    public async Task The_server_sends_the_document_with_its_version()
    {
        JsonNode sent = JsonNode.Parse(await server.Client.GetStringAsync("/openapi.json"))!;

        Assert.NotEqual("0", (string?)sent["info"]!["version"]);
        Assert.Equal(s_document["paths"]!.ToJsonString(), sent["paths"]!.ToJsonString());
    }

    [Fact]
    public void The_documented_paths_are_those_of_the_manual()
    {
        string manual = File.ReadAllText(Path.Combine(Repository.Root, "docs/server.md"));
        IEnumerable<string> paths = PathInManual().Matches(manual)
            .Select(m => $"{m.Groups[1].Value} {m.Groups[2].Value.Replace("NAME", "{id}", StringComparison.Ordinal)}")
            .Where(p => p is not ("GET /openapi.json" or "GET /reference"));

        Assert.Equal(
            paths.Order(),
            s_document["paths"]!.AsObject().Select(p => p.Value!["post"] is null ? $"GET {p.Key}" : $"POST {p.Key}").Order());
    }

    [Fact]
    public void Every_reference_names_a_part_of_the_document()
    {
        string[] references = [.. Reference().Matches(s_document.ToJsonString()).Select(m => m.Groups[1].Value).Distinct()];

        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.NotNull(s_document["components"]![r.Split('/')[0]]![r.Split('/')[1]]));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_documented_field_is_known(string path, string field)
    {
        JsonObject body = Example(path);
        if (body.ContainsKey(field))
        {
            return; // the example has it, and is accepted
        }
        body[field] = null;

        Assert.Equal(HttpStatusCode.OK, (await server.Post(path, body.ToJsonString())).Status);
    }

    [Theory]
    [InlineData("/v1/chat/completions"), InlineData("/v1/completions"), InlineData("/tokenize"), InlineData("/detokenize")]
    [InlineData("/apply-template")]
    public async Task An_example_is_accepted_and_an_undocumented_field_is_not(string path)
    {
        JsonObject body = Example(path);
        Assert.Equal(HttpStatusCode.OK, (await server.Post(path, body.ToJsonString())).Status);

        body["undocumented"] = null;

        Assert.Equal("undocumented", (string?)(await server.Post(path, body.ToJsonString())).Error["param"]);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_number_beyond_its_documented_bounds_is_refused(string path, string field)
    {
        JsonNode schema = Resolved(Schema(path)["properties"]![field]!);
        double?[] beyond = [(double?)schema["minimum"] - 1, (double?)schema["exclusiveMinimum"], (double?)schema["maximum"] + 1];
        foreach (double value in beyond.OfType<double>())
        {
            JsonObject body = Example(path);
            body[field] = value;

            Reply reply = await server.Post(path, body.ToJsonString());

            Assert.Equal((HttpStatusCode.BadRequest, field), (reply.Status, (string?)reply.Error["param"]));
        }
    }

    [Theory]
    [InlineData("GenerationFields.cs"), InlineData("ChatRequest.cs"), InlineData("CompletionFields.cs"), InlineData("ToolFields.cs")]
    [InlineData("ResponseFormat.cs")]
    public void Every_field_that_the_source_reads_is_documented(string file)
    {
        string source = File.ReadAllText(Path.Combine(Repository.Root, "src/Farsight.Server/Protocol", file));
        string all = s_document.ToJsonString();
        string[] names =
        [
            .. OneField().Matches(source).Select(m => m.Groups[1].Value),
            .. AcceptedFields().Matches(source).SelectMany(m => m.Groups[1].Value.Replace("\"", "", StringComparison.Ordinal).Split(", ")),
        ];

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"\"{name}\":", all, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_page_and_its_script_come_from_the_server_and_nothing_else_may_be_loaded()
    {
        using HttpResponseMessage page = await server.Client.GetAsync("/reference/");
        string html = await page.Content.ReadAsStringAsync();
        byte[] script = await server.Client.GetByteArrayAsync("/reference/scalar.js");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.DoesNotContain("//", SourceOf().Match(html).Value, StringComparison.Ordinal);
        Assert.True(script.Length > 100_000);
        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
    }

    static JsonObject Example(string path)
    {
        JsonObject example = s_bodies[path]["example"]!.DeepClone().AsObject();
        if (example.ContainsKey("max_tokens"))
        {
            example["max_tokens"] = 1; // these tests are not about the answer
        }
        return example;
    }

    static JsonNode Schema(string path) => Resolved(s_bodies[path]["schema"]!);

    static JsonNode Resolved(JsonNode schema) => (string?)schema["$ref"] is { } name
        ? s_document["components"]!["schemas"]![name.Split('/')[^1]]!
        : schema;

    [GeneratedRegex(@"`(GET|POST) (/[^`]*)`")]
    private static partial Regex PathInManual();

    [GeneratedRegex("#/components/([a-zA-Z/]+)")]
    private static partial Regex Reference();

    [GeneratedRegex("""\b(?:Take|Text|Switch|Number|Whole|List|Require|AcceptOnly)\("([a-z_]+)"[,)]""")]
    private static partial Regex OneField();

    [GeneratedRegex("""\bAccept\(([a-z_", ]+)\)""")]
    private static partial Regex AcceptedFields();

    [GeneratedRegex("src=\"[^\"]*\"")]
    private static partial Regex SourceOf();
}
