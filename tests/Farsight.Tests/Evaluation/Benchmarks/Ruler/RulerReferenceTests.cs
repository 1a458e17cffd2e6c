using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.Ruler;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.Ruler;

/// <summary>Samples byte for byte as RULER's own scripts made them, with a tokenizer of one expression.</summary>
public partial class RulerReferenceTests
{
    const string Data = "evaldata/ruler/templates_and_config.json";

    static readonly string[] s_folders = ["reference_2048", "reference_2560", "reference_4096", "reference_paper_version_4096"];
    static readonly string[] s_inEssays = ["niah_single_2", "niah_single_3", "niah_multikey_1", "niah_multivalue", "niah_multiquery"];

    [SharedTheory(Data)]
    [Trait("Category", "Golden")]
    [InlineData("reference_2048", 7)]
    [InlineData("reference_2560", 1)]
    [InlineData("reference_4096", 8)]
    [InlineData("reference_paper_version_4096", 7)]
    public void Samples_are_the_originals_byte_for_byte(string folder, int tasks) =>
        Assert.Equal(tasks, RulerGenerator.Tasks.Except(s_inEssays).Count(t => IsOriginal(folder, t)));

    [PunktFact(Data)]
    [Trait("Category", "Golden")]
    public void Samples_in_essays_are_the_originals_byte_for_byte() =>
        Assert.Equal(5 + 5 + 3, s_folders.Sum(f => s_inEssays.Count(t => IsOriginal(f, t))));

    [Fact]
    public void Code_points_order_above_surrogates()
    {
        string[] sorted = ["a", "a\uff21", "a\U0001f600"];

        Assert.Equal(sorted, sorted.Reverse().Order(CodePointOrder.Instance));
        Assert.True(CodePointOrder.Instance.Compare("ab", "a") > 0);
    }

    [SharedFact(Data)]
    public void A_context_too_short_ends_in_one_sentence_instead_of_never()
    {
        InputException fault = Assert.Throws<InputException>(() => Generator().Samples("qa_2", new(2048, Count, Samples: 2)).ToList());

        Assert.Contains("use a longer context", fault.Message, StringComparison.Ordinal);
    }

    [SharedFact(Data)]
    public void The_template_of_a_chat_is_taken_off_the_length()
    {
        RulerSample[] plain = [.. Generator().Samples("niah_single_1", new(2048, Count, Samples: 2))];
        RulerSample[] inChat = [.. Generator().Samples("niah_single_1", new(2148, Count, Samples: 2, TemplateTokens: 100))];

        Assert.Equal(plain.Select(s => s.Input), inChat.Select(s => s.Input));
    }

    // False where there is no reference.
    static bool IsOriginal(string folder, string task)
    {
        string file = SharedMaterial.PathOf($"evaldata/ruler/{folder}/{task}.jsonl");
        if (!File.Exists(file))
        {
            return false;
        }
        bool isPaper = folder.Contains("paper", StringComparison.Ordinal);
        int length = int.Parse(folder.Split('_')[^1], CultureInfo.InvariantCulture);
        RulerSample[] made =
        [
            .. Generator().Samples(task, new(length, Count, Samples: 5, Edition: isPaper ? RulerEdition.Paper : RulerEdition.Current)),
        ];

        JsonElement[] expected = [.. File.ReadLines(file).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal((5, 5), (expected.Length, made.Length));
        foreach ((JsonElement reference, RulerSample sample) in expected.Zip(made))
        {
            Assert.Equal(reference.GetProperty("input").GetString(), isPaper ? sample.Input + sample.AnswerPrefix : sample.Input);
            Assert.Equal(reference.GetProperty("outputs").EnumerateArray().Select(o => o.GetString()!), sample.Outputs);
            Assert.Equal(reference.GetProperty("length").GetInt32(), sample.Length);
            Assert.True(isPaper || reference.GetProperty("answer_prefix").GetString() == sample.AnswerPrefix);
        }
        return true;
    }

    internal static RulerGenerator Generator() => new(new(
        new EvalData(SharedMaterial.PathOf("evaldata")),
        PunktFactAttribute.Folder is { } folder ? new PunktSentences(PunktModel.Open(folder)).Split : null));

    // Python's \w, as far as the texts need it.
    static int Count(string text) => Token().Count(text);

    [GeneratedRegex(@"[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]")]
    private static partial Regex Token();
}
