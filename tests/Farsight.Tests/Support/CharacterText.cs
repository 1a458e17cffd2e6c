using Farsight.Alignment.Generation;

namespace Farsight.Tests.Support;

/// <summary>A tokenizer with one token for each UTF-16 unit, and markers above them.</summary>
sealed class CharacterText : IPromptText
{
    internal const int Bos = 0x10000, Context = 0x10001, User = 0x10002, Assistant = 0x10003, Eos = 0x10004;

    public int[] Encode(string text) => [.. text.Select(c => (int)c)];

    public string Decode(ReadOnlySpan<int> tokens)
    {
        System.Text.StringBuilder text = new();
        foreach (int token in tokens)
        {
            text.Append(token < Bos ? ((char)token).ToString() : $"<{token - Bos}>");
        }
        return text.ToString();
    }

    public PromptFrame Frame(string question) => new([Bos, Context], [User, .. Encode(question), Assistant]);

    public int[] Response(string answer) => [.. Encode(" " + answer), Eos];
}
