namespace Farsight.Alignment.Corpus;

/// <summary>How documents lie in a file.</summary>
public enum DocumentFormat
{
    /// <summary>Found out from the file: text by its name, records by the fields of the first one.</summary>
    Auto,

    /// <summary>The whole file is one document.</summary>
    Text,

    /// <summary>
    /// Records with the text in a field (RedPajama's <c>text</c>), and <c>questions</c>: [{"question", "answer"}] if they like.
    /// </summary>
    Field,

    /// <summary>
    /// Records with <c>conversations</c> (or <c>messages</c>): document and first question in the first turn, then answers and questions
    /// (long-llm-data).
    /// </summary>
    Conversations,

    /// <summary>
    /// Records with <c>instruction</c> and <c>output</c>: document and question in the instruction, or the document in <c>input</c>
    /// (LongAlpaca).
    /// </summary>
    Instruction,
}
