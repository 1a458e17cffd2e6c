using System.Net;
using Farsight.Engine;

namespace Farsight.Alignment.Endpoints;

/// <summary>Endpoints gave no answer: one refused the request, or all kept failing.</summary>
public sealed class EndpointException : InputException
{
    /// <summary>Creates the exception with a sentence for the user.</summary>
    public EndpointException(string message, HttpStatusCode? refusal = null)
        : base(message) => Refusal = refusal;

    /// <summary>
    /// The status by which an endpoint refused this one request, which asking again would not change; null where endpoints failed.
    /// </summary>
    public HttpStatusCode? Refusal { get; }
}
