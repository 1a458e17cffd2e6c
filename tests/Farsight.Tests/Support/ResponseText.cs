using Farsight.Text.Conversations;

namespace Farsight.Tests.Support;

/// <summary>Reads answers back from the tokens of a response.</summary>
static class ResponseText
{
    /// <summary>Decodes the answer in a completion: the text before EOS, without the white space that the template adds.</summary>
    internal static string ReadResponse(this ChatFormat format, ReadOnlySpan<int> completion)
    {
        string known = Before(format, format.Response("x")), trail = known[(known.LastIndexOf('x') + 1)..];
        string text = Before(format, completion);
        text = text.StartsWith(format.ResponseLead, StringComparison.Ordinal) ? text[format.ResponseLead.Length..] : text;
        return text.EndsWith(trail, StringComparison.Ordinal) ? text[..^trail.Length] : text;
    }

    static string Before(ChatFormat format, ReadOnlySpan<int> completion)
    {
        int end = completion.IndexOf(format.Eos);
        return format.Tokenizer.Decode(end >= 0 ? completion[..end] : completion);
    }
}
