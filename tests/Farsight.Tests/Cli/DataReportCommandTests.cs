using System.Text.Json.Nodes;

namespace Farsight.Tests.Cli;

public sealed class DataReportCommandTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("farsight-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_corpus_is_told_as_a_table_and_as_JSON()
    {
        File.WriteAllText(Path.Combine(_folder, "a.txt"), "One text.\r\n");
        File.WriteAllText(
            Path.Combine(_folder, "b.jsonl"),
            """{"body":"one text"}""" + "\n" + """{"body":"another","questions":[{"question":"q","answer":"a"}]}""");

        (int code, string text, _) = await CommandLine.Run("data", "report", _folder, "--field", "body");
        Assert.Equal(0, code);
        Assert.Equal($"""
            {_folder}
              files        2 (field 1, text 1)
              read         3 documents
              kept         2 documents, 17 characters
              questions    1 in 1 document
              dropped      near_duplicate: 1 document, the first is b.jsonl#1
              repaired     line_ends: 1 document, the first is a.txt
              scripts      latin 2
              length       4 to 7 characters: 1
              length       8 to 15 characters: 1

            """.ReplaceLineEndings("\n"), text);

        (_, string json, _) = await CommandLine.Run(
            "data",
            "report",
            _folder,
            "--field",
            "body",
            "--json",
            "--near-duplicates",
            "0",
            "--max-length",
            "8");
        JsonNode report = JsonNode.Parse(json)!;
        Assert.Equal((3, 2, 1), ((int)report["read"]!, (int)report["kept"]!, (int)report["dropped"]!["too_long"]!["documents"]!));
    }

    [Fact]
    public async Task The_questions_beside_generated_documents_are_one_skipped_file()
    {
        string folder = Path.Combine(_folder, "generated");
        Assert.Equal(0, (await CommandLine.Run("documents", "--out", folder, "--count", "1", "--words", "900")).Code);

        Assert.Contains(
            "skipped      1 file without documents, the first is questions.json\n",
            (await CommandLine.Run("data", "report", folder)).Out.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_mistake_is_one_sentence_and_exit_2()
    {
        File.WriteAllText(Path.Combine(_folder, "b.jsonl"), """{"body":"one text"}""");
        (int code, string output, string error) = await CommandLine.Run("data", "report", _folder);
        Assert.Equal((2, ""), (code, output));
        Assert.EndsWith(
            "b.jsonl', line 1: the text field 'text' is missing. Set the field to one of 'body'.\n",
            error.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
    }
}
