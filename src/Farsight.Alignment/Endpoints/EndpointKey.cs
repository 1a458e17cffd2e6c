using System.Net.Http.Headers;
using Farsight.Engine;

namespace Farsight.Alignment.Endpoints;

/// <summary>Holds a key from the environment. It leaves this class in the header of a request only.</summary>
sealed class EndpointKey
{
    const string Mask = "[key]";

    // Servers that require a key without checking it get words like "x", "EMPTY" or "ollama", which answers may contain.
    const int LeastSecret = 6, LeastSecretInAnswers = 8;

    // Parts of a key that are hidden: few characters in a server's complaint, more in an answer, which must not be changed by chance.
    const int PartInMessages = 5, PartInAnswers = 12;

    readonly string? _value;
    readonly SecretMask? _messages, _answers;

    EndpointKey(string variable, string? value)
    {
        (Variable, _value) = (variable, value);
        _messages = value is { Length: >= LeastSecret } ? new(value, PartInMessages, Mask) : null;
        _answers = value is { Length: >= LeastSecretInAnswers } ? new(value, PartInAnswers, Mask) : null;
    }

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

    /// <summary>Removes the key and every part of it from a message about a server.</summary>
    internal string Hide(string text) => _messages?.Apply(text) ?? text;

    /// <summary>Removes the key and long parts of it from an answer.</summary>
    internal ChatAnswer Hide(ChatAnswer answer)
    {
        if (_answers is null)
        {
            return answer;
        }
        string text = _answers.Apply(answer.Text);
        return answer with
        {
            Text = text,
            FinishReason = answer.FinishReason is { } reason ? _answers.Apply(reason) : null,
            Model = answer.Model is { } model ? _answers.Apply(model) : null,
            Tokens = text == answer.Text ? answer.Tokens : null, // they spell the key
        };
    }

    /// <summary>Tells whether a text, such as an address, contains a long part of the key.</summary>
    internal bool IsIn(string text) => _value is { Length: >= PartInAnswers } && _answers!.Apply(text) != text;

    public override string ToString() => Mask;
}
