using System.IO.Compression;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.BabiLong;

namespace Farsight.Tests.Evaluation.Benchmarks.BabiLong;

public class BabiStoryTests
{
    const string Golden = "evaldata/goldens/babi_parse_public.jsonl";
    const string Folder = "evaldata/babilong/babi_en-10k_test";

    [Fact]
    public void A_question_keeps_what_was_told_before_it_without_other_questions()
    {
        string[] lines =
        [
            "1 Ann went to the attic.",
            "2 Where is Ann? \tattic\t1",
            "3 Bob took the lamp.",
            "4 Where is Bob? \tattic\t1 3",
            "1 Cid sat.",
            "2 Who sat? \tCid\t1",
        ];

        BabiStory[] stories = [.. BabiStory.Read(lines, "qa")];

        Assert.Equal(3, stories.Length);
        Assert.Equal(["Ann went to the attic.", "Bob took the lamp."], stories[1].Facts);
        Assert.Equal(("Where is Bob? ", "attic"), (stories[1].Question, stories[1].Answer));
        Assert.Equal(stories[1].Facts, stories[1].References);
        Assert.Equal(2, BabiStory.Read(lines, "qa", mostLines: 2).Count());
        Assert.Contains(
            "qa:1",
            Assert.Throws<InputException>(() => BabiStory.Read(["Ann"], "qa").ToList()).Message,
            StringComparison.Ordinal);
    }

    [SharedFact(Golden)]
    [Trait("Category", "Golden")]
    public void Files_of_bAbI_are_parsed_as_the_original_does()
    {
        int compared = 0;
        foreach (JsonElement line in File.ReadLines(SharedMaterial.PathOf(Golden)).Select(l => JsonDocument.Parse(l).RootElement))
        {
            BabiStory[] stories =
            [
                .. BabiStory.Read(Lines(line.GetProperty("file").GetString()!).Take(line.GetProperty("only_first_lines").GetInt32()), "qa"),
            ];

            BabiStory story = stories[line.GetProperty("index").GetInt32()];
            Assert.Equal(line.GetProperty("dataset_len_reported").GetInt32(), stories.Length - 1); // the original forgets the last one
            Assert.Equal(Texts(line, "facts"), story.Facts);
            Assert.Equal(
                (line.GetProperty("question").GetString(), line.GetProperty("answer").GetString()),
                (story.Question, story.Answer));
            Assert.Equal(Texts(line, "references"), story.References);
            compared++;
        }
        Assert.Equal(File.ReadLines(SharedMaterial.PathOf(Golden)).Count(), compared);
    }

    [SharedFact("evaldata/goldens/babilong_dataset_scores.json")]
    [Trait("Category", "Golden")]
    public void The_labels_of_all_tasks_follow_from_their_files()
    {
        using JsonDocument golden = JsonDocument.Parse(
            File.ReadAllText(SharedMaterial.PathOf("evaldata/goldens/babilong_dataset_scores.json")));
        int compared = 0;
        foreach (JsonProperty task in golden.RootElement.GetProperty("task_labels").EnumerateObject())
        {
            string file = Directory
                .GetFiles(SharedMaterial.PathOf(Folder), task.Name + "_*")
                .Select(Path.GetFileNameWithoutExtension)
                .Single()!;

            Assert.Equal(task.Value.EnumerateArray().Select(l => l.GetString()!), BabiStory.Labels(BabiStory.Read(Lines(file), file)));
            compared++;
        }
        Assert.Equal(golden.RootElement.GetProperty("task_labels").EnumerateObject().Count(), compared);
    }

    static string[] Texts(JsonElement line, string name) => [.. line.GetProperty(name).EnumerateArray().Select(t => t.GetString()!)];

    static string[] Lines(string file)
    {
        using StreamReader reader = new(
            new GZipStream(File.OpenRead(SharedMaterial.PathOf($"{Folder}/{file}.gz")), CompressionMode.Decompress));
        return reader.ReadToEnd().Split('\n');
    }
}
