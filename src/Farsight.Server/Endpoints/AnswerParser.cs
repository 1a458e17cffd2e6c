using System.Text;

namespace Farsight.Server.Endpoints;

/// <summary>Represents a piece of an answer: text, reasoning or a call. The others are empty.</summary>
/// <param name="Content">Text of the answer.</param>
/// <param name="Reasoning">Text of the reasoning before it.</param>
/// <param name="Call">A call of a function.</param>
sealed record AnswerPiece(string Content = "", string Reasoning = "", ToolCall? Call = null);

/// <summary>Splits the text of a chat answer, as it arrives, into reasoning, text and calls.</summary>
/// <remarks>A call that is incomplete or names an unknown function stays text, so that nothing of an answer is lost.</remarks>
/// <param name="names">Names of the offered functions; empty for none.</param>
/// <param name="markup">How the model writes calls.</param>
sealed class AnswerParser(IReadOnlyCollection<string> names, ToolMarkup markup)
{
    const string ThoughtOpening = "<think>", ThoughtClosing = "</think>";

    readonly StringBuilder _buffer = new();
    readonly List<AnswerPiece> _pieces = [];
    Part _part = Part.Start;
    bool _dropsSpace;

    enum Part
    {
        Start,
        Thought,
        Text,
        Call,
    }

    /// <summary>Whether the answer has a call so far.</summary>
    internal bool HasCalls { get; private set; }

    /// <summary>Adds text and returns the pieces that are certain.</summary>
    internal IReadOnlyList<AnswerPiece> Feed(string text) => Split(text, isLast: false);

    /// <summary>Ends the answer and returns the remaining pieces.</summary>
    internal IReadOnlyList<AnswerPiece> Finish() => Split("", isLast: true);

    AnswerPiece[] Split(string text, bool isLast)
    {
        _pieces.Clear();
        _buffer.Append(text);
        while (_part switch
        {
            Part.Start => Begin(isLast),
            Part.Thought => Think(isLast),
            Part.Text => Speak(isLast),
            _ => EndCall(isLast),
        })
        {
        }
        return [.. _pieces];
    }

    /// <summary>Finds out whether the answer begins with reasoning.</summary>
    bool Begin(bool isLast)
    {
        string text = _buffer.ToString().TrimStart();
        if (text.StartsWith(ThoughtOpening, StringComparison.Ordinal))
        {
            Keep(text[ThoughtOpening.Length..]);
            (_part, _dropsSpace) = (Part.Thought, true);
            return true;
        }
        if (!isLast && ThoughtOpening.StartsWith(text, StringComparison.Ordinal))
        {
            return false;
        }
        _part = Part.Text;
        return true;
    }

    bool Think(bool isLast)
    {
        string text = _dropsSpace ? _buffer.ToString().TrimStart('\n') : _buffer.ToString();
        _dropsSpace &= text.Length == 0;
        int end = text.IndexOf(ThoughtClosing, StringComparison.Ordinal);
        int certain = end >= 0 ? end : isLast ? text.Length : text.Length - Beginning(text, ThoughtClosing);
        Add(new(Reasoning: text[..certain]));
        Keep(end >= 0 ? text[(end + ThoughtClosing.Length)..] : text[certain..]);
        (_part, _dropsSpace) = end >= 0 ? (Part.Text, true) : (_part, _dropsSpace);
        return end >= 0;
    }

    bool Speak(bool isLast)
    {
        string text = _dropsSpace ? _buffer.ToString().TrimStart() : _buffer.ToString();
        if (names.Count == 0)
        {
            return Say(text, "");
        }
        if (markup.Opening.Length == 0)
        {
            // The whole answer is a call, or none of it.
            bool mayBeCall = text.TrimStart() is "" or ['{', ..];
            if (mayBeCall && !isLast)
            {
                return false;
            }
            ToolCall? only = mayBeCall ? markup.Read(text, names) : null;
            if (only is not null)
            {
                AddCall(only);
            }
            return Say(only is null ? text : "", "");
        }
        int at = text.IndexOf(markup.Opening, StringComparison.Ordinal);
        if (at >= 0)
        {
            Say(text[..at].TrimEnd(), text[(at + markup.Opening.Length)..]);
            _part = Part.Call;
            return true;
        }
        int certain = isLast ? text.Length : text[..^Beginning(text, markup.Opening)].TrimEnd().Length;
        return Say(isLast && HasCalls ? text.TrimEnd() : text[..certain], text[certain..]);
    }

    bool EndCall(bool isLast)
    {
        string text = _buffer.ToString();
        int end = text.IndexOf(markup.Closing, StringComparison.Ordinal);
        if (end < 0 && !isLast)
        {
            return false;
        }
        string call = end < 0 ? text : text[..end];
        Keep(end < 0 ? "" : text[(end + markup.Closing.Length)..]);
        (_part, _dropsSpace) = (Part.Text, true);
        if (markup.Read(call, names) is { } complete)
        {
            AddCall(complete);
        }
        else
        {
            Add(new(Content: markup.Opening + call + (end < 0 ? "" : markup.Closing)));
        }
        return true;
    }

    void AddCall(ToolCall call)
    {
        HasCalls = true;
        Add(new(Call: call));
    }

    /// <summary>Adds text and keeps the rest; returns false, because the rest waits for more.</summary>
    bool Say(string text, string rest)
    {
        Add(new(Content: text));
        _dropsSpace &= text.Length == 0;
        Keep(rest);
        return false;
    }

    void Add(AnswerPiece piece)
    {
        if (piece.Content.Length > 0 || piece.Reasoning.Length > 0 || piece.Call is not null)
        {
            _pieces.Add(piece);
        }
    }

    void Keep(string text) => _buffer.Clear().Append(text);

    /// <summary>Returns how many characters at the end of a text can begin a marker.</summary>
    static int Beginning(string text, string marker)
    {
        int length = Math.Min(text.Length, marker.Length - 1);
        while (length > 0 && !marker.StartsWith(text[^length..], StringComparison.Ordinal))
        {
            length--;
        }
        return length;
    }
}
