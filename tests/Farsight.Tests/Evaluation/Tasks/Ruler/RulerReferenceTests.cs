using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Alignment.Evaluation.Tasks.Ruler;
using Farsight.Engine;
using Farsight.Tests.Support;

namespace Farsight.Tests.Evaluation.Tasks.Ruler;

/// <summary>Samples byte for byte as RULER's own scripts made them, with a tokenizer of one expression.</summary>
public partial class RulerReferenceTests
{
    static readonly string[] s_inEssays = ["niah_single_2", "niah_single_3", "niah_multikey_1", "niah_multivalue", "niah_multiquery"];

    const string Data = "evaldata/ruler/templates_and_config.json";

    public static TheoryData<string, string> Tasks
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string folder in new[] { "reference_2048", "reference_4096", "reference_2560", "reference_paper_version_4096" })
            {
                foreach (string task in RulerGenerator.Tasks.Where(t => !s_inEssays.Contains(t) && (folder == "reference_4096" || File.Exists(Reference(folder, t)))))
                {
                    cases.Add(folder, task);
                }
            }
            return cases;
        }
    }

    [SharedTheory(Data)]
    [MemberData(nameof(Tasks))]
    [Trait("Category", "Golden")]
    public void Samples_are_the_originals_byte_for_byte(string folder, string task)
    {
        bool paper = folder.Contains("paper", StringComparison.Ordinal);
        RulerSetting setting = new(int.Parse(folder.Split('_')[^1]), Count, Samples: 5, Edition: paper ? RulerEdition.Paper : RulerEdition.Current);

        RulerSample[] made = [.. Generator().Samples(task, setting)];

        JsonElement[] expected = [.. File.ReadLines(Reference(folder, task)).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(5, expected.Length);
        foreach ((JsonElement reference, RulerSample sample) in expected.Zip(made))
        {
            Assert.Equal(reference.GetProperty("input").GetString(), paper ? sample.Input + sample.AnswerPrefix : sample.Input);
            Assert.Equal(reference.GetProperty("outputs").EnumerateArray().Select(o => o.GetString()!), sample.Outputs);
            Assert.Equal(reference.GetProperty("length").GetInt32(), sample.Length);
            Assert.True(paper || reference.GetProperty("answer_prefix").GetString() == sample.AnswerPrefix);
        }
        Assert.Equal(expected.Length, made.Length);
    }

    [SharedFact(Data)]
    public void A_context_too_short_ends_in_one_sentence_instead_of_never()
    {
        InputException fault = Assert.Throws<InputException>(() => Generator().Samples("qa_2", new(2048, Count, Samples: 2)).ToList());

        Assert.Contains("ask for a longer context", fault.Message, StringComparison.Ordinal);
    }

    static string Reference(string folder, string task) => SharedMaterial.PathOf($"evaldata/ruler/{folder}/{task}.jsonl");

    static RulerGenerator Generator() => new(
        new(f => File.OpenRead(SharedMaterial.PathOf("evaldata/" + f)), f => Directory.GetFiles(SharedMaterial.PathOf("evaldata/" + f)).Select(p => $"{f}/{Path.GetFileName(p)}")),
        text => throw new NotSupportedException());

    // Python's \w has no combining marks and no connector punctuation but the underscore.
    static int Count(string text) => Token().Count(text);

    [GeneratedRegex(@"[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]")]
    private static partial Regex Token();
}
