using Farsight.Alignment.Answering;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Text.Conversations;

namespace Farsight.Tests.Support;

/// <summary>A tokenizer with one token for each UTF-16 unit, and markers above them.</summary>
sealed class CharacterText : IPromptText, ITextTokens
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

    public int FirstToken => Bos;

    int? ITextTokens.Bos => Bos;

    public int[] EncodeInside(string text) => Encode(text);

    public int[] EncodeStart(string text) => [Bos, .. Encode(text)];

    public int[] EncodeWhole(string text) => EncodeStart(text);

    string ITextTokens.Decode(ReadOnlySpan<int> ids) => Decode(ids.ToArray().Where(id => id < Bos).ToArray());

    public int[] Conversation(IReadOnlyList<ChatTurn> turns, string answerPrefix) =>
        [
            Bos,
            .. turns.SelectMany(t => new[] { t.Role == "user" ? User : Context }.Concat(Encode(t.Content))),
            Assistant,
            .. Encode(answerPrefix),
        ];

    public int[] Response(string answer) => [.. Encode(" " + answer), Eos];
}
