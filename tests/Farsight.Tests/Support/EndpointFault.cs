namespace Farsight.Tests.Support;

/// <summary>What a server does instead of answering.</summary>
public enum EndpointFault
{
    /// <summary>It answers.</summary>
    None,

    /// <summary>429, without saying for how long.</summary>
    Throttled,

    /// <summary>429, with Retry-After in seconds.</summary>
    ThrottledForSeconds,

    /// <summary>503, with Retry-After as a date.</summary>
    ThrottledUntilDate,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>Half of a good answer, then the connection ends.</summary>
    HalfABody,

    /// <summary>200 with something that is no JSON.</summary>
    Garbage,

    /// <summary>200 with an empty list of choices.</summary>
    NoChoice,

    /// <summary>200 with a message that has no content.</summary>
    NoContent,

    /// <summary>Nothing, until the client gives up.</summary>
    Silence,

    /// <summary>The connection is reset.</summary>
    Reset,

    /// <summary>401, with the key repeated in the message.</summary>
    Unauthorized,

    /// <summary>400.</summary>
    BadRequest,

    /// <summary>429, because the money is used up.</summary>
    QuotaSpent,

    /// <summary>429, because this request is larger than the limit of tokens per minute.</summary>
    TooLarge,
}
