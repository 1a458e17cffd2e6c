using System.Text;
using Farsight.Alignment.Endpoints;
using Farsight.Engine;
using Microsoft.Extensions.AI;

namespace Farsight.Tests.Alignment.Endpoints;

public sealed class EndpointKeyTests : IDisposable
{
    const string Variable = "FARSIGHT_TEST_KEY", Key = "sk-secret-4711-0815";

    readonly TemporaryFolder _folder = new();
    readonly ScaledTime _time = new(100);

    public EndpointKeyTests() => Environment.SetEnvironmentVariable(Variable, Key + "\n");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        _folder.Dispose();
    }

    [Fact]
    public async Task The_key_reaches_the_endpoint_and_nothing_that_is_written_or_said()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start(_time);
        server.Fault = (_, attempt) =>
            attempt switch
            {
                0 => EndpointFault.ThrottledForSeconds,
                1 => EndpointFault.HalfABody,
                2 or 3 or 4 => EndpointFault.ServerError,
                _ => EndpointFault.None,
            };
        List<string> said = [];
        EndpointOptions options = new([server.Url], "m") { KeyVariable = Variable, Cache = _folder["cache"], FailuresInARow = 9 };
        using EndpointSet set = EndpointSet.Open(options, said.Add, _time);

        said.Add((await set.GetResponseAsync([new(ChatRole.User, "x")])).Text);
        server.Fault = (_, _) => EndpointFault.Unauthorized;
        EndpointException refused = await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync([new(ChatRole.User, "y")]));
        said.AddRange([
            refused.ToString(),
            options.ToString(),
            set.Usage.ToString(),
            set.ToString()!,
            System.Text.Json.JsonSerializer.Serialize(options),
        ]);

        Assert.All(server.Authorizations, a => Assert.Equal($"Bearer {Key}", a));
        Assert.Contains(
            "Incorrect API key provided: Bearer [key]. Check the key in the environment variable FARSIGHT_TEST_KEY.",
            refused.Message);
        Assert.Equal(
            2,
            said.Count(s => s.Contains("3 times in a row", StringComparison.Ordinal) || s.EndsWith(" x", StringComparison.Ordinal)));
        string[] files = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);
        Assert.Single(files);
        Assert.DoesNotContain(
            said.Concat(files).Concat(files.Select(f => Encoding.Latin1.GetString(File.ReadAllBytes(f)))),
            t => t.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void A_variable_that_was_chosen_must_be_set_and_hold_a_key()
    {
        Environment.SetEnvironmentVariable(Variable, "two words");
        Assert.Contains($"The environment variable {Variable} holds white space", Refusal(Variable));
        Assert.DoesNotContain("two words", Refusal(Variable));

        Assert.Contains("is not set", Refusal(Key)); // somebody gave the key itself: it is not repeated
        Assert.DoesNotContain(Key, Refusal(Key));
        Assert.Contains("never the key itself", Refusal(""));

        static string Refusal(string variable) =>
            Assert.Throws<InputException>(() => new EndpointOptions(["http://localhost"], "m") { KeyVariable = variable }.Check()).Message;
    }
}
