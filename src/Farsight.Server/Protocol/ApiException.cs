using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Server.Constraints;

namespace Farsight.Server.Protocol;

/// <summary>Thrown when a request is refused. The message, the field and the code reach the client in OpenAI's error format.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="message">States the fault, what was expected and what to do.</param>
/// <param name="param">The field; null where none is to blame.</param>
/// <param name="code">A word that programs test; null for none.</param>
sealed class ApiException(int status, string message, string? param = null, string? code = null) : Exception(message)
{
    internal int Status => status;

    internal string? Code => code;

    /// <summary>Seconds after which a client may try again; null for none.</summary>
    internal int? RetryAfter { get; init; }

    /// <summary>Methods that the path supports: "GET, HEAD"; null where the method is not to blame.</summary>
    internal string? Allow { get; init; }

    /// <summary>Why the request is refused, for the log alone; null for nothing beyond the message.</summary>
    internal InputException? Cause { get; init; }

    /// <summary>Gets OpenAI's error object.</summary>
    internal JsonObject Body => new()
    {
        ["error"] = new JsonObject
        {
            ["message"] = Message,
            ["type"] = status switch
            {
                401 => "authentication_error",
                429 => "rate_limit_error",
                >= 500 => "server_error",
                _ => "invalid_request_error",
            },
            ["param"] = param,
            ["code"] = code,
        },
    };

    /// <summary>Returns the refusal that an exception stands for. Messages of bugs are not shown, because they can hold anything.</summary>
    internal static ApiException Of(Exception exception) => exception switch
    {
        ApiException known => known,
        InputException input => new(400, input.Message),
        SchemaException schema => new(400, schema.Message, code: "unsupported_schema"), // found while the answer is generated
        OutOfMemoryException => new(503, "The server's memory is exhausted; send a shorter request.") { RetryAfter = 5 },
        ObjectDisposedException => new(503, "The model is being unloaded; try again.", code: "model_unloaded") { RetryAfter = 1 },
        OperationCanceledException => new(503, "The server is stopping; try again later.", code: "server_stopping") { RetryAfter = 5 },
        _ => new(500, "The server failed on this request; its log has the reason.", code: "internal_error"),
    };
}
