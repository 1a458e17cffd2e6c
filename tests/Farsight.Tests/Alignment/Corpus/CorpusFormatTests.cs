using System.Runtime.InteropServices;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Reading;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus;

/// <summary>How documents lie in files: every format, found out and asked for.</summary>
public sealed class CorpusFormatTests : CorpusFolder
{
    [Fact]
    public void Another_field_holds_the_text()
    {
        Write("c.jsonl", """{"title":"t","content":"one"}""" + "\n" + """{"content":"two"}""");

        Assert.Equal(["one", "two"], Read(o => o with { Field = "content" }).Select(d => d.Text));
        Assert.Contains("Set the field to one of 'title', 'content'.", Fault(o => o), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "Story:\n\nOnce there was.\n\nThe end came.\n\nAnswer my question using the knowledge from the context:\nWho was there?",
        "Once there was.\n\nThe end came.",
        "Who was there?"
    )]
    [InlineData(
        "Context information is below:\n----------\nOnce there was a long story of it.\n----------\nDescribe it.",
        "Once there was a long story of it.",
        "Describe it."
    )]
    [InlineData(
        "Below is a paper. Memorize the paper and answer my question after the paper.\n The paper begins. \n Of gold.\n\nAnd lead. "
            + "\n Now the paper ends. \nQuestion: Of what?",
        "Of gold.\n\nAnd lead.",
        "Of what?"
    )]
    [InlineData(
        "Once there was a story that has no label.\n\nWho was there?",
        "Once there was a story that has no label.",
        "Who was there?"
    )]
    public void A_conversation_begins_with_document_and_question(string turn, string document, string question)
    {
        string[] turns = [Turn("user", turn), Turn("assistant", "A."), Turn("user", "And then?"), Turn("assistant", "B.")];
        Write("c.json", $$"""{"conversations":[{{string.Join(',', turns)}}]}""" + "\n");

        SourceDocument read = Assert.Single(Read(o => o));

        Assert.Equal(("c.json#1", document), (read.Id, read.Text));
        Assert.Equal([new(question, "A."), new("And then?", "B.")], read.Questions);
    }

    [Fact]
    public void A_conversation_may_call_its_fields_as_others_do()
    {
        Write(
            "c.jsonl",
            """{"messages":[{"from":"system","value":"Be good."},"""
                + """{"from":"human","value":"A story of some length.\n\nWho?"},{"from":"gpt","value":"She."}]}"""
        );

        SourceDocument read = Assert.Single(Read(o => o));

        Assert.Equal("A story of some length.", read.Text);
        Assert.Equal([new("Who?", "She.")], read.Questions);
    }

    [Fact]
    public void Parts_of_a_conversation_that_are_neither_document_nor_question_are_counted()
    {
        string[] turns =
        [
            Turn("system", "Be good."), Turn("user", "A story of some length.\\n\\nWho?"), Turn("assistant", "She."), Turn("tool", "7"),
            Turn("user", "Unanswered?"), Turn("user", "When?"), Turn("assistant", "Now."),
            Turn("assistant", "Really."), Turn("critic", "x"),
        ];
        Write("c.jsonl", $$"""{"messages":[{{string.Join(',', turns)}}]}""" + "\n");
        CorpusReport report = new();

        SourceDocument read = Assert.Single(Read(o => o, report));

        Assert.Equal([new("Who?", "She."), new("When?", "Now.")], read.Questions);
        Assert.Equal(
            [("answer_without_question", 1L), ("other_turn", 2L), ("system_turn", 1L), ("unanswered_question", 1L)],
            report.LeftOut.Select(l => (l.Key, l.Value.Places)));
        Assert.Equal(2, (long)report.ToJson()["left_out"]!["other_turn"]!["places"]!);
    }

    [Fact]
    public void A_conversation_whose_first_turn_is_the_document_alone_keeps_all_of_it()
    {
        Write(
            "c.jsonl",
            $$"""{"conversations":[{{Turn("user", "All of it.")}},{{Turn("assistant", "Read.")}},{{Turn("user", "Who?")}},"""
                + $$"""{{Turn("assistant", "She.")}}]}"""
        );

        SourceDocument read = Assert.Single(Read(o => o));

        Assert.Equal("All of it.", read.Text);
        Assert.Equal([new("Who?", "She.")], read.Questions);
    }

    [Fact]
    public void Instructions_hold_a_document_or_are_left_out()
    {
        const string Book =
            "Below is some paragraphs in the book, Moby Dick. Memorize the content and answer my question after the book.\\n The "
                + "whale. \\n Now the material ends. Please summarize it.";
        const string Two =
            "There are two papers. Memorize them and answer my question after the paper.\\n The first paper begins. \\n One. Now the "
                + "first paper ends. The second paper begins. Two. Now the second paper ends.Compare.";
        Write(
            "alpaca.json",
            $$"""
            [
              {"instruction": "{{Book}}", "output": "A whale.", "file": "a"},
              {"instruction": "Name three colours.", "output": "Red, green, blue."},
              {"instruction": "{{Two}}", "output": "Alike."},
              {"instruction": "Summarise.", "input": "The text \"{quoted}\".", "output": "Short."}
            ]
            """);
        CorpusReport report = new();

        SourceDocument[] read = [.. Read(o => o, report)];

        Assert.Equal(["alpaca.json#1", "alpaca.json#3", "alpaca.json#4"], read.Select(d => d.Id));
        Assert.Equal("The whale.", read[0].Text);
        Assert.Equal([new("Please summarize it.", "A whale.")], read[0].Questions);
        Assert.Equal("One. Now the first paper ends. The second paper begins. Two.", read[1].Text);
        Assert.Equal([new("Compare.", "Alike.")], read[1].Questions);
        Assert.Equal(("The text \"{quoted}\".", new QuestionAnswer("Summarise.", "Short.")), (read[2].Text, read[2].Questions[0]));
        Assert.Equal(new CorpusCount(1, 1, "alpaca.json#2"), report.Dropped["no_document"]);
        Assert.Equal(1, report.Formats["instruction"]);
    }

    [Theory]
    [InlineData("[{\"text\":\"a\"},\n{\"text\":\"b\"", "line 2: the file ends inside its JSON array")]
    [InlineData("[{\"text\":\"a\"}\n{\"text\":\"b\"}]", "line 2: expected a comma or the end of the array after record 1, but found '{'")]
    [InlineData("[{\"text\":\"a\"},\n\n17]", "line 3: record 2 of the array must be a JSON object")]
    [InlineData("[{\"text\":\"a\"},\n\n{\"text\":\"b\",}]", "line 3: the record is not valid JSON")]
    [InlineData("{\"text\":\"a\"}\n{\"text\" \"b\"}", "line 2: the line is not valid JSON")]
    [InlineData("{\"\\ud800\":\"x\"}", "line 1: the name of a field contains an escape that is not a valid character")]
    [InlineData("{\"text\":\"a\",\"score\":NaN}", "line 1: the line is not valid JSON (near byte 20): NaN is not a JSON number")]
    [InlineData("{\"text\":\"a NaN\",\"x\":-Infinity}", ": -Infinity is not a JSON number; write null instead.")]
    public void A_broken_record_is_named_with_its_line(string content, string message)
    {
        Write("d.jsonl", content);
        Assert.Contains(message, Fault(o => o), StringComparison.Ordinal);
    }

    [Fact]
    public void Records_longer_than_the_buffer_are_read_from_arrays_too()
    {
        string text = string.Concat(Enumerable.Repeat("brace } quote \\\" slash \\\\ ", 40_000));
        Write(
            "d.json",
            """[{"text":"a"},{"text":"TEXT","more":{"x":[{"y":"]}"}]}} , {"text":"b"}]""".Replace("TEXT", text, StringComparison.Ordinal));

        Assert.Equal(
            ["a", text.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal), "b"],
            Read(o => o).Select(d => d.Text));
    }

    [Theory]
    [InlineData("""{"text":"\ud800"}""")]
    [InlineData("""{"instruction":"a","input":"\ud800","output":"b"}""")]
    [InlineData("""{"conversations":[{"role":"user","content":"\ud800"}]}""")]
    [InlineData("""{"\ud800":"x","text":"\udc00"}""")]
    public void An_escape_that_is_no_character_costs_its_document_only(string line)
    {
        Write("d.jsonl", line);
        CorpusReport report = new();
        Assert.Empty(Read(o => o, report));
        Assert.Equal("d.jsonl#1", report.Dropped["garbled"].First);
    }

    [Fact]
    public void Other_json_in_a_folder_is_passed_over_and_named()
    {
        Write("a.txt", "text");
        Write("questions.json", """[{"document":"a.txt","question":"q","answer":"a"}]""");
        CorpusReport report = new();

        Assert.Equal("a.txt", Assert.Single(Read(o => o, report)).Id);
        Assert.Equal(["questions.json"], report.PassedOver);
        Assert.Contains(
            "Set the field to one of 'document'",
            Assert.Throws<InputException>(() => DocumentReader.Read(At("questions.json")).ToList()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_format_asked_for_wins()
    {
        Write("d.jsonl", "{\"text\":\"a\"}\n");
        Assert.Equal("{\"text\":\"a\"}\n", Assert.Single(Read(o => o with { Format = DocumentFormat.Text })).Text);
        Assert.Contains(
            "'conversations' is missing",
            Fault(o => o with { Format = DocumentFormat.Conversations }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_file_is_not_held_in_memory()
    {
        using (StreamWriter lines = new(At("large.jsonl")))
        {
            string text = new('x', 100_000);
            for (int i = 0; i < 200; i++)
            {
                lines.WriteLine($$"""{"text":"{{text}}"}""");
            }
        }

        int[] buffers = [.. JsonRecords.Read(new("large.jsonl", At("large.jsonl"), IsNamed: true)).Select(BufferOf)];

        Assert.Equal(200, buffers.Length);
        Assert.InRange(buffers.Max(), 100_000, 300_000); // of 20 MB

        static int BufferOf(JsonRecord record) =>
            MemoryMarshal.TryGetArray(record.Json, out ArraySegment<byte> buffer) ? buffer.Array!.Length : int.MaxValue;
    }

    [Fact]
    public void A_document_is_given_before_the_next_one_is_read()
    {
        Write("d.jsonl", string.Concat(Enumerable.Repeat("{\"text\":\"a\"}\n", 20)) + "{\"text\" \"b\"}\n");

        using IEnumerator<SourceDocument> documents = Read(o => o).GetEnumerator();

        for (int i = 0; i < 20; i++)
        {
            Assert.True(documents.MoveNext());
        }
        Assert.Contains("line 21", Assert.Throws<InputException>(() => documents.MoveNext()).Message, StringComparison.Ordinal);
    }

    static string Turn(string role, string text) =>
        $$"""{"role":"{{role}}","content":"{{text.Replace("\n", "\\n", StringComparison.Ordinal)}}"}""";
}
