using Farsight.Engine;
using Farsight.Text.Templates;

namespace Farsight.Text.Conversations;

/// <summary>Represents what a chat template writes around an answer, and puts answers there as they were written.</summary>
/// <remarks>
/// Templates may change an answer: they strip white space, and some move or delete a thought. Training is to learn the answer as written
/// after the prompt in use. The template's own rendering is therefore taken only where it begins with the prompt and holds the whole
/// answer; otherwise the answer itself stands between the template's lead and tail.
/// </remarks>
sealed class ResponseFrame
{
    const string ThoughtOpening = "<think>", ThoughtClosing = "</think>";

    readonly string _prompt; // of a conversation without an answer
    readonly MarkedText _lead, _tail;
    readonly bool _isCut, _opensThought, _writesThought; // the template begins a thought in the prompt, or before the answer

    ResponseFrame(string prompt, MarkedText lead, MarkedText tail, bool isCut)
    {
        (_prompt, _lead, _tail, _isCut) = (prompt, lead, tail, isCut);
        int opening = prompt.LastIndexOf(ThoughtOpening, StringComparison.Ordinal);
        _opensThought = opening >= 0 && prompt.IndexOf(ThoughtClosing, opening, StringComparison.Ordinal) < 0;
        _writesThought = lead.Value.Contains(ThoughtOpening, StringComparison.Ordinal);
        Lead = string.IsNullOrWhiteSpace(lead.Value) ? lead.Value : "";
    }

    /// <summary>Gets the white space before an answer that is not part of it.</summary>
    internal string Lead { get; }

    /// <summary>Gets what follows an answer.</summary>
    internal MarkedText Tail => _tail;

    /// <summary>Finds the frame.</summary>
    /// <param name="prompt">A rendered question, up to where the answer begins.</param>
    /// <param name="all">The same question with <paramref name="place"/> as its answer.</param>
    /// <param name="place">Characters that no text holds and no template strips.</param>
    /// <exception cref="InputException">The template does not render answers.</exception>
    internal static ResponseFrame Find(string prompt, MarkedText all, string place)
    {
        int first = all.Value.IndexOf(place, StringComparison.Ordinal);
        if (first < 0)
        {
            throw new InputException(
                "The chat template does not render assistant messages, so answers cannot be trained or read. Use another template.");
        }
        // A template that rewrites answers may write parts of one twice.
        int end = all.Value.LastIndexOf(place, StringComparison.Ordinal) + place.Length;
        bool isCut = all.Value.StartsWith(prompt, StringComparison.Ordinal) && prompt.Length <= first;
        return new(
            prompt, isCut ? all.Slice(prompt.Length, first - prompt.Length) : MarkedText.Empty, all.Slice(end, all.Length - end), isCut);
    }

    /// <summary>Returns an answer with what surrounds it, as it follows the prompt.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="render">Renders the question of the frame with an answer.</param>
    internal MarkedText Place(string answer, Func<string, MarkedText> render)
    {
        bool isOpened = _opensThought && answer.TrimStart().StartsWith(ThoughtOpening, StringComparison.Ordinal);
        string said = isOpened ? answer.TrimStart()[ThoughtOpening.Length..].TrimStart('\n') : answer;
        bool hasOwnThought = isOpened || (said.TrimStart().StartsWith(ThoughtOpening, StringComparison.Ordinal) && _writesThought);
        MarkedText lead = hasOwnThought ? MarkedText.Empty : _lead;
        if (_isCut && render(answer) is var all && all.Value.StartsWith(_prompt, StringComparison.Ordinal))
        {
            MarkedText rest = all.Slice(_prompt.Length, all.Length - _prompt.Length);
            if (IsWhole(rest.Value, lead.Value, said))
            {
                return rest;
            }
        }
        return new MarkedText.Builder().Append(lead).Append(MarkedText.FromMessage(said)).Append(_tail).Build();
    }

    /// <summary>Returns whether a rendering consists of the lead, the answer up to the white space around it, and the tail.</summary>
    bool IsWhole(string rest, string lead, string answer) =>
        rest.Length >= lead.Length + _tail.Length
        && rest.StartsWith(lead, StringComparison.Ordinal)
        && rest.EndsWith(_tail.Value, StringComparison.Ordinal)
        && rest.AsSpan(lead.Length, rest.Length - lead.Length - _tail.Length).Trim().SequenceEqual(answer.AsSpan().Trim());
}
