using System.CommandLine;
using Farsight.Alignment.Endpoints;
using Farsight.Cli.Options;
using Farsight.Engine;

namespace Farsight.Tests.Cli;

public sealed class EndpointFlagsTests
{
    [Fact]
    public void Flags_become_options()
    {
        EndpointOptions options = Of(
            "--endpoint http://a:1/v1 http://b:2/v1 --endpoint-model m --concurrency 3 --timeout 1.5 --cache c --endpoint-price 0.5 1.5"
        )!;

        Assert.Equal(["http://a:1/v1", "http://b:2/v1"], options.Urls);
        Assert.Equal(
            ("m", "FARSIGHT_API_KEY", 3, TimeSpan.FromSeconds(1.5), "c", new EndpointPrices(0.5m, 1.5m)),
            (options.Model, options.KeyVariable, options.Concurrency, options.Timeout, options.Cache, options.Prices!));
        Assert.Equal(["http://a:1", "http://b:1"], Of("--endpoint http://a:1 --endpoint http://b:1 --endpoint-model m")!.Urls);
        Assert.Null(Of(""));
    }

    [Theory]
    [InlineData("--endpoint http://a:1", "--endpoint-model is missing")]
    [InlineData("--endpoint http://a:1 --endpoint-model m --timeout 0", "--timeout is 0")]
    [InlineData("--endpoint http://a:1 --endpoint-model m --timeout NaN", "--timeout is NaN")]
    [InlineData("--endpoint http://a:1 --endpoint-model m --concurrency 0", "--concurrency is 0")]
    [InlineData("--endpoint http://a:1 --endpoint-model m --endpoint-key-variable FARSIGHT_NOT_SET", "is not set")]
    [InlineData("--cache c", "--cache requires --endpoint")]
    [InlineData("--endpoint-model m", "--endpoint-model requires --endpoint")]
    public void What_cannot_work_is_said_before_any_work(string line, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<InputException>(() => Of(line)).Message);

    static EndpointOptions? Of(string line)
    {
        Command command = new("x");
        EndpointFlags flags = new();
        flags.AddTo(command);
        ParseResult parse = command.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(parse.Errors);
        return flags.Of(parse);
    }
}
