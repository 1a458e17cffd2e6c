namespace Farsight.Alignment.Corpus;

/// <summary>Specifies the layout of documents in a file.</summary>
public enum DocumentFormat
{
    /// <summary>Detects the layout: text by the file name, records by the fields of the first record.</summary>
    Auto,

    /// <summary>The whole file is one document.</summary>
    Text,

    /// <summary>
    /// Records with the text in one field (RedPajama: <c>text</c>) and optional <c>questions</c>: [{"question", "answer"}].
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
