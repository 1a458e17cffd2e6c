using System.Net.Http.Headers;
using Farsight.Engine;

namespace Farsight.Alignment.Endpoints;

/// <summary>Holds a key from the environment. It leaves this class in the header of a request only.</summary>
sealed class EndpointKey
{
    const string Mask = "[key]";

    // Servers that require a key without checking it get words like "x" or "EMPTY", which answers may contain.
    const int LeastSecret = 6;

    readonly string? _value;

    EndpointKey(string variable, string? value) => (Variable, _value) = (variable, value);

    internal string Variable { get; }

    internal bool IsSet => _value is not null;

    /// <summary>Reads a key.</summary>
    /// <exception cref="InputException">The variable is not the default and is not set, or its value cannot be a key.</exception>
    internal static EndpointKey Read(string variable)
    {
        if (string.IsNullOrWhiteSpace(variable) || variable.Contains('='))
        {
            throw new InputException("KeyVariable is not the name of an environment variable; give its name, never the key itself.");
        }
        string? value = Environment.GetEnvironmentVariable(variable)?.Trim();
        if (string.IsNullOrEmpty(value))
        {
            return variable == EndpointOptions.DefaultKeyVariable
                ? new(variable, null)
                : throw new InputException(
                    "The environment variable that KeyVariable names is not set; set it to the key, "
                        + "or leave KeyVariable at its default where no key is needed."
                );
        }
        return value.All(c => c is > ' ' and < '\x7f')
            ? new(variable, value)
            : throw new InputException($"The environment variable {variable} holds white space or characters that no key has; "
                + "set it again.");
    }

    internal void Authorize(HttpRequestHeaders headers)
    {
        if (_value is not null)
        {
            headers.Authorization = new("Bearer", _value);
        }
    }

    /// <summary>Removes the key from a server's message.</summary>
    internal string Hide(string text) => _value is { Length: >= LeastSecret } ? text.Replace(_value, Mask, StringComparison.Ordinal) : text;

    public override string ToString() => Mask;
}
