using System.Text.Json;
using Farsight.Alignment.Corpus;
using Farsight.Alignment.Fiction;

namespace Farsight.Tests.Cli;

public sealed class DocumentsCommandTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("farsight-documents-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Text_files_and_their_questions_are_written_and_read_again()
    {
        (int code, string output, string error) = await CommandLine.Run(
            "documents",
            "--out",
            _folder,
            "--count",
            "3",
            "--words",
            "400",
            "--seed",
            "5");

        Assert.Equal(0, code);
        Assert.Equal("", error);
        Assert.Matches(@"^\S+: 3 documents, \d+ words, \d+ questions\n$", output.ReplaceLineEndings("\n"));
        Assert.Equal(
            ["document-0001.txt", "document-0002.txt", "document-0003.txt", "questions.json"],
            Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        SourceDocument[] documents = [.. DocumentReader.Read(_folder)];
        Assert.Equal(FictionWriter.Write(5, 1, 400).Text, documents[1].Text);

        using JsonDocument questions = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "questions.json")));
        Assert.NotEqual(0, questions.RootElement.GetArrayLength());
        Assert.All(questions.RootElement.EnumerateArray(), q => Assert.Contains(
            q.GetProperty("support").GetString()!, documents.Single(d => d.Id == q.GetProperty("document").GetString()).Text));
    }

    [Fact]
    public async Task One_jsonl_file_carries_texts_titles_and_questions()
    {
        (int code, _, _) = await CommandLine.Run("documents", "--out", _folder, "--count", "2", "--words", "500", "--format", "jsonl");

        Assert.Equal(0, code);
        SourceDocument[] documents = [.. DocumentReader.Read(Path.Combine(_folder, "documents.jsonl"))];
        FictionDocument expected = FictionWriter.Write(1, 1, 500);
        Assert.Equal(2, documents.Length);
        Assert.Equal(expected.Text, documents[1].Text);
        Assert.Equal(expected.Questions.Select(q => new QuestionAnswer(q.Question, q.Answer)), documents[1].Questions);
    }

    [Fact]
    public async Task Questions_may_be_of_each_kind()
    {
        (int code, _, _) = await CommandLine.Run(
            "documents", "--out", _folder, "--count", "1", "--words", "2000", "--format", "jsonl", "--questions", "multi", "summary");

        Assert.Equal(0, code);
        FictionDocument document = FictionWriter.Write(1, 0, 2000);
        IEnumerable<FictionQuery> expected = FictionQuery
            .Of(document, FictionQueryKind.Pair, 1, 0)
            .Concat(FictionQuery.Of(document, FictionQueryKind.Summary, 1, 0));
        Assert.Equal(
            expected.Select(a => a.Question).Order(StringComparer.Ordinal),
            DocumentReader
                .Read(Path.Combine(_folder, "documents.jsonl"))
                .Single()
                .Questions.Select(q => q.Question)
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_without_force()
    {
        string other = Path.Combine(_folder, "notes.txt");
        File.WriteAllText(other, "mine");

        (int code, string output, string error) = await CommandLine.Run("documents", "--out", _folder, "--count", "1", "--words", "50");
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("is not empty", error);

        (code, _, _) = await CommandLine.Run("documents", "--out", _folder, "--count", "1", "--words", "50", "--force");
        Assert.Equal(0, code);
        Assert.Equal("mine", File.ReadAllText(other));
    }

    [Theory]
    [InlineData("txt", "document-0002.txt.123.tmp")]
    [InlineData("jsonl", "documents.jsonl.123.tmp")]
    public async Task What_an_interrupted_call_left_is_completed_by_the_same_call_and_refused_by_another(string format, string temporary)
    {
        string[] args = ["documents", "--out", _folder, "--count", "3", "--words", "60", "--format", format];
        File.WriteAllText(Path.Combine(_folder, temporary), "half of");
        if (format == "txt")
        {
            File.WriteAllText(Path.Combine(_folder, "document-0001.txt"), FictionWriter.Write(1, 0, 60).Text);
            (int refused, _, string error) = await CommandLine.Run([.. args, "--seed", "2"]);
            Assert.Equal(2, refused);
            Assert.Contains("is not empty", error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await CommandLine.Run(args)).Code);

        Assert.Equal(3, DocumentReader.Read(_folder).Count());
        Assert.False(File.Exists(Path.Combine(_folder, temporary)));
        Assert.Equal(2, (await CommandLine.Run(args)).Code); // complete now, and not to be overwritten
    }

    [Theory]
    [InlineData("--count", "-1")]
    [InlineData("--count", "0")]
    [InlineData("--words", "-5")]
    [InlineData("--count", "many")]
    [InlineData("--format", "pdf")]
    public async Task A_bad_option_is_one_sentence_and_exit_2(string option, string value)
    {
        string folder = Path.Combine(_folder, "new");
        (int code, _, string error) = await CommandLine.Run("documents", "--out", folder, option, value);

        Assert.Equal(2, code);
        Assert.Contains(value, error);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_folder_is_exit_2()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");

        Assert.Equal(2, (await CommandLine.Run("documents", "--out", file)).Code);
        (int code, _, string error) = await CommandLine.Run("documents", "--out", Path.Combine(file, "below"));
        Assert.Equal(2, code);
        Assert.Single(error.Trim().Split('\n'));
    }
}
