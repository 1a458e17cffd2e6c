namespace Farsight.Engine;

/// <summary>Represents an error in the user's input that the user can fix: a file, a recipe key or an option.</summary>
/// <remarks>
/// The message says what is wrong, where, and what to do. It is shown without a stack trace; every other exception is a bug. Names and
/// foreign text in it are escaped as <see cref="VisibleText"/> does.
/// </remarks>
public class InputException : Exception
{
    /// <summary>Creates the exception with the message for the user.</summary>
    public InputException(string message)
        : base(VisibleText.Of(message))
    {
    }

    /// <summary>Creates the exception with its technical cause.</summary>
    public InputException(string message, Exception cause)
        : base(VisibleText.Of(message), cause)
    {
    }
}
