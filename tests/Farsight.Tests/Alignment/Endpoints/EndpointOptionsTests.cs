using Farsight.Alignment.Endpoints;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Endpoints;

public sealed class EndpointOptionsTests
{
    [Theory]
    [InlineData("http://localhost:8000/v1", "http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1")]
    [InlineData("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1")]
    [InlineData("http://localhost:11434", "http://localhost:11434/v1/chat/completions", "http://localhost:11434")]
    [InlineData(
        "https://h.example/openai/deployments/x/chat/completions?api-version=1",
        "https://h.example/openai/deployments/x/chat/completions?api-version=1",
        "https://h.example/openai/deployments/x/chat/completions"
    )]
    [InlineData("https://h.example/api?code=s3cret", "https://h.example/api/chat/completions?code=s3cret", "https://h.example/api")]
    public void An_address_leads_to_chat_completions_and_is_named_without_its_query(string given, string uri, string name)
    {
        EndpointAddress address = EndpointAddress.Parse(given);

        Assert.Equal((uri, name, "max_tokens"), (address.Uri.AbsoluteUri, address.Name, RequestForm.Of(address).TokenLimit));
        Assert.Equal("max_completion_tokens", RequestForm.Of(EndpointAddress.Parse("https://api.openai.com/v1")).TokenLimit);
    }

    [Theory]
    [
        InlineData("localhost:8000", "'localhost:80…' is not the address"),
        InlineData("/v1", "'/v1' is not the address"),
        InlineData("ftp://h/v1", "is not the address"),
        InlineData("", "is not the address")
    ]
    [InlineData("http://me:secret@h.example/v1", "The address of h.example holds a user or password")]
    public void What_is_no_address_is_refused_in_a_sentence(string url, string sentence)
    {
        string message = Refusal(new([url], "m"));

        Assert.Contains(sentence, message);
        Assert.DoesNotContain("secret", message);
    }

    [Fact]
    public void Options_out_of_range_are_named_by_their_flags()
    {
        EndpointOptions good = new(["http://localhost:1"], "m");
        good.Check();

        Assert.Contains("Urls is missing", Refusal(good with { Urls = [] }));
        Assert.Contains(
            "http://localhost:1 twice; raise Concurrency",
            Refusal(good with { Urls = ["http://localhost:1", "http://localhost:1/v1/"] }));
        Assert.Contains("Model is missing", Refusal(good with { Model = " " }));
        Assert.Contains("Concurrency is 0", Refusal(good with { Concurrency = 0 }));
        Assert.Contains("Timeout is 0 seconds", Refusal(good with { Timeout = TimeSpan.Zero }));
        Assert.Contains("Prices has a negative price", Refusal(good with { Prices = new(1, -1) }));
        Assert.Contains("is a file", Refusal(good with { Cache = typeof(EndpointOptionsTests).Assembly.Location }));
        Assert.Contains(
            "cannot be created",
            Assert
                .Throws<InputException>(() => EndpointSet.Open(good with { Cache = typeof(EndpointOptionsTests).Assembly.Location + "/x" }))
                .Message);
    }

    static string Refusal(EndpointOptions options) => Assert.Throws<InputException>(() => options.Check()).Message;
}
