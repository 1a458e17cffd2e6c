using System.Text.Json;
using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.Ruler;
using Farsight.Tests.Evaluation.Metrics;
using Xunit.Abstractions;

namespace Farsight.Tests.Evaluation.Benchmarks.Ruler;

public sealed class PunktSentencesTests(ITestOutputHelper output)
{
    const string Lines = EvalGoldens.Folder + "/nltk_punkt_english_public.jsonl";

    [Fact]
    public void Abbreviations_initials_and_collocations_end_no_sentence()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "abbrev_types.txt"), "dr\nu.s");
        File.WriteAllText(Path.Combine(folder.Path, "sent_starters.txt"), "however");
        File.WriteAllText(Path.Combine(folder.Path, "collocations.tab"), "st\tpetersburg");
        File.WriteAllText(Path.Combine(folder.Path, "ortho_context.tab"), "the\t48\nbach\t4\n");
        PunktSentences sentences = new(PunktModel.Open(folder.Path));
        Assert.Equal(
            [
                "Dr. Bach came to St. Petersburg.",
                "J. Bach (alone) saw the U.S.",
                "The end..",
                "\"Really?\"",
                "He said so!!",
                "(Sure.)",
                "Done",
            ],
            sentences
                .Split("  Dr. Bach came to St. Petersburg. J. Bach (alone) saw the U.S. The end.. \"Really?\" He said so!! (Sure.) Done \n")
                .Select(s => s.Trim()));
        Assert.Empty(sentences.Split(" \n"));
    }

    [Fact]
    public void A_missing_model_ends_in_one_sentence()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("punkt_tab", Assert.Throws<InputException>(() => PunktModel.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Trait("Category", "Golden")]
    [PunktFact(Lines)]
    public void Every_line_is_cut_as_nltk_cuts_it()
    {
        EvalGoldens goldens = new(output);
        PunktSentences sentences = new(PunktModel.Open(PunktFactAttribute.Folder!));
        foreach (JsonElement line in EvalGoldens.Lines(Lines))
        {
            goldens.Check(
                line.GetProperty("id").GetString()!, string.Join("\u0001", EvalGoldens.Strings(line.GetProperty("sentences"))),
                string.Join("\u0001", sentences.Split(line.GetProperty("text").GetString()!)));
        }
        goldens.Finish("nltk_punkt_english_public.jsonl", EvalGoldens.Lines(Lines).Count());
    }
}
