using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

/// <summary>A tokenizer trained on a few sentences, with the special tokens of the chat format.</summary>
static class SmallTokenizer
{
    internal static string[] Texts { get; } =
    [
        "The lighthouse keeper of Ardmore wrote down 4821907 in the ledger, and the ledger said nothing.\r\n\r\nIt's late; they'll wait.",
        "The special magic number for amber falcon is 4821907. The special magic number for quiet harbour is 55123.",
        "The keeper of the lighthouse of Ardmore said that the number in the ledger is the number.",
    ];

    internal static Tokenizer Value { get; } = Train();

    internal static Tokenizer Train() => BpeTrainer.Train(Texts, 320, ChatFormat.SpecialTokens, "<|begin_of_text|>");
}
