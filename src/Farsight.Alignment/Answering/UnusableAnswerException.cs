using Farsight.Engine;

namespace Farsight.Alignment.Answering;

/// <summary>Thrown when a model answered a request without text, and would do so again. Other requests may succeed.</summary>
public sealed class UnusableAnswerException : InputException
{
    /// <summary>Creates the exception with a message for the user.</summary>
    public UnusableAnswerException(string message)
        : base(message)
    {
    }
}
