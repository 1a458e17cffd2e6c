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

    [Theory]
    [InlineData(400), InlineData(200)]
    public async Task A_key_that_a_server_sends_back_in_any_form_reaches_no_message_answer_or_cache(int status)
    {
        byte[] key = Encoding.ASCII.GetBytes(Key);
        string[] forms =
        [
            Key,
            Key.ToUpperInvariant(),
            Key[..12],
            string.Concat(Key.Reverse()),
            string.Join(' ', Key.ToCharArray()),
            Convert.ToHexString(key),
            Convert.ToHexStringLower(key),
            Convert.ToBase64String(key),
            Convert.ToBase64String(Encoding.ASCII.GetBytes($"Bearer {Key}")),
            Convert.ToBase64String(Encoding.ASCII.GetBytes($"user:{Key}")),
            Key.Replace("-", "%2D", StringComparison.Ordinal),
            string.Concat(key.Select(b => $"%{b:X2}")),
            string.Concat(key.Select(b => $"\\u{b:x4}")),
            string.Concat(key.Select(b => $"&#{b};")),
            string.Concat(key.Select(b => $"&#x{b:x};")),
        ];
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Instead = request => status == 200 ? null : (status, new string('x', 250) + (string)request["messages"]![0]!["content"]!);
        server.Text = request => $"You sent {request["messages"]![0]!["content"]}.";
        using EndpointSet set = EndpointSet.Open(new([server.Url], "m") { KeyVariable = Variable, Cache = _folder["cache"] });

        foreach (string form in forms)
        {
            string said;
            try
            {
                said = (await set.GetResponseAsync([new(ChatRole.User, form)])).Text;
                Assert.Matches(@"^You sent \w{0,10}\[key\]\.$", said); // what Base64 has before the key stays
            }
            catch (EndpointException e)
            {
                said = e.Message;
                Assert.Matches(@"xx\w{0,10}\[key\]\. ", said);
            }
            Assert.DoesNotContain(form[^8..^2], said, StringComparison.OrdinalIgnoreCase);
        }

        string[] files = [.. Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Select(File.ReadAllText)];
        Assert.Equal(status == 200 ? forms.Length : 0, files.Length);
        Assert.All(files, f => Assert.Contains("[key].", f, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nothing of it", "nothing of it")]
    [InlineData("The word secret alone is no key.", "The word secret alone is no key.")]
    [InlineData("sk-secret-4711-0815sk-secret-4711-0815", "[key]")]
    [InlineData("a sk-secret-4711-0815 b sk-secret-4711-0815 c", "a [key] b [key] c")]
    public void Only_long_parts_of_a_key_are_hidden_in_answers_and_tokens_that_spell_them_are_dropped(string text, string hidden)
    {
        ChatAnswer shown = EndpointKey.Read(Variable).Hide(new ChatAnswer(text, null, null, null, null) { Tokens = [1, 2] });

        Assert.Equal((hidden, text == hidden), (shown.Text, shown.Tokens is not null));
    }

    [Fact]
    public void An_address_that_contains_the_key_is_refused()
    {
        InputException refused = Assert.Throws<InputException>(() =>
            new EndpointOptions([$"http://localhost/{Key}/v1"], "m") { KeyVariable = Variable }.Check());

        Assert.StartsWith("An address or the model's name contains the key", refused.Message);
        Assert.DoesNotContain("4711", refused.Message);
    }

    [Fact]
    public async Task Control_characters_of_a_server_are_visible_in_its_complaint()
    {
        await using FaultyEndpoint server = await FaultyEndpoint.Start();
        server.Instead = _ => (400, "\u001b[2J\u001b]0;owned\u0007 no \u202egnp.exe\u0000\u009b31m");
        using EndpointSet set = EndpointSet.Open(new([server.Url], "m"));

        EndpointException refused = await Assert.ThrowsAsync<EndpointException>(() => set.GetResponseAsync([new(ChatRole.User, "x")]));

        Assert.Contains(@"400: \u001B[2J\u001B]0;owned\u0007 no \u202Egnp.exe\u0000\u009B31m. ", refused.Message, StringComparison.Ordinal);
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
