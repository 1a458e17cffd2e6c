using System.Net.Http.Headers;
using Farsight.Engine;

namespace Farsight.Alignment.Endpoints;

/// <summary>A key out of the environment. It leaves this class in a request's header only.</summary>
sealed class EndpointKey
{
    const string Mask = "[key]";

    // Servers that want some key and check none are given words like "x" or "EMPTY", which answers may hold.
    const int LeastSecret = 6;

    readonly string? _value;

    EndpointKey(string variable, string? value) => (Variable, _value) = (variable, value);

    internal string Variable { get; }

    internal bool IsSet => _value is not null;

    /// <exception cref="InputException">The variable was chosen and is not set, or holds what cannot be a key.</exception>
    internal static EndpointKey Read(string variable)
    {
        if (string.IsNullOrWhiteSpace(variable) || variable.Contains('='))
        {
            throw new InputException("--endpoint-key-variable names no environment variable; give its name, never the key itself.");
        }
        string? value = Environment.GetEnvironmentVariable(variable)?.Trim();
        if (string.IsNullOrEmpty(value))
        {
            return variable == EndpointOptions.DefaultKeyVariable
                ? new(variable, null)
                : throw new InputException(
                    "The environment variable that --endpoint-key-variable names is not set; set it to the key, or leave the flag out where no key is needed."
                );
        }
        return value.All(c => c is > ' ' and < '\x7f')
            ? new(variable, value)
            : throw new InputException($"The environment variable {variable} holds white space or letters that no key has; set it again.");
    }

    internal void Authorize(HttpRequestHeaders headers)
    {
        if (_value is not null)
        {
            headers.Authorization = new("Bearer", _value);
        }
    }

    /// <summary>A server's own words, which sometimes repeat the key.</summary>
    internal string Hide(string text) => _value is { Length: >= LeastSecret } ? text.Replace(_value, Mask, StringComparison.Ordinal) : text;

    public override string ToString() => Mask;
}
