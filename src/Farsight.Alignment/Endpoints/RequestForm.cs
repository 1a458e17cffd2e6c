using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Farsight.Alignment.Endpoints;

/// <summary>Represents the form of requests that an endpoint accepts: servers differ in the keys that they know.</summary>
/// <param name="TokenLimit">The JSON key of the maximum number of answer tokens.</param>
/// <param name="Omitted">Keys that are left out, in alphabetical order.</param>
sealed partial record RequestForm(string TokenLimit, IReadOnlyList<string> Omitted)
{
    const string MaxTokens = "max_tokens", MaxCompletionTokens = "max_completion_tokens";

    static readonly string[] s_optional = ["frequency_penalty", "presence_penalty", "seed", "stop", "temperature", "top_p"];

    bool _isSwitched;

    /// <summary>Creates the usual form of an address: OpenAI's newer models refuse the common key of the token limit.</summary>
    internal static RequestForm Of(EndpointAddress address) =>
        new(address.Uri.Host == "api.openai.com" ? MaxCompletionTokens : MaxTokens, []);

    /// <summary>Tells whether requests of both forms are written equally.</summary>
    internal bool IsSame(RequestForm other) => TokenLimit == other.TokenLimit && Omitted.SequenceEqual(other.Omitted);

    /// <summary>Returns the form that a server's complaint asks for; null where it complains about something else.</summary>
    /// <param name="request">The refused request, written in this form.</param>
    /// <param name="body">The server's answer.</param>
    internal RequestForm? After(byte[] request, byte[] body)
    {
        (string complaint, string? parameter) = ChatWire.Refusal(body);
        if (!Rejection().IsMatch(complaint))
        {
            return null;
        }
        string about = parameter ?? complaint;
        string[] refused = [.. s_optional.Where(k => Has(request, k) && Mentions(about, k))];
        string otherLimit = TokenLimit == MaxTokens ? MaxCompletionTokens : MaxTokens;
        bool switches = !_isSwitched && Has(request, TokenLimit) && (Mentions(about, TokenLimit) || Mentions(complaint, otherLimit));
        return refused.Length == 0 && !switches
            ? null
            : new(switches ? otherLimit : TokenLimit, [.. Omitted.Concat(refused).Order(StringComparer.Ordinal)])
            {
                _isSwitched = _isSwitched || switches,
            };
    }

    /// <summary>Returns the keys of a request that this form leaves out.</summary>
    internal IReadOnlyList<string> OmittedFrom(byte[] request) => [.. Omitted.Where(k => Has(request, k))];

    /// <summary>Describes the difference to the usual form: "without seed, with max_completion_tokens".</summary>
    internal string Describe(RequestForm usual)
    {
        string[] without = [.. Omitted.Except(usual.Omitted)];
        string[] parts =
        [
            .. without.Length > 0 ? [$"without {string.Join(", ", without)}"] : Array.Empty<string>(),
            .. TokenLimit == usual.TokenLimit ? [] : new[] { $"with {TokenLimit} instead of {usual.TokenLimit}" },
        ];
        return string.Join(" and ", parts);
    }

    /// <summary>Tells whether a request has a key. Inside of its texts quotes are escaped, so they cannot be taken for one.</summary>
    static bool Has(byte[] request, string key) => request.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"{key}\":")) >= 0;

    static bool Mentions(string text, string key) => Regex.IsMatch(text, $@"(?<!\w){key}(?!\w)");

    // What servers say about a key that they do not know or do not allow, as opposed to a value out of range.
    [GeneratedRegex(
        @"unsupported|unknown|unrecogni[sz]ed|unexpected|additional propert|extra (input|field|key|param)|no longer|(in|not )compatible"
            + @"|(not|n['’]t)( be)? (support|permit|allow|accept|recogni[sz]e|available)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Rejection();
}
