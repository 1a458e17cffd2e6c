using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>Files with a token and its BIO tag per line.</summary>
public sealed class BioImportTests : ForeignLines
{
    const string Question =
        "List the named entities of the text, of the types LOC, PER. Write one line for each, in the form TYPE: name, in the order in "
        + "which they first occur, and none twice. Write \"none\" if there are no entities.";

    [Fact]
    public void A_document_becomes_a_sample_whose_response_lists_each_entity_once()
    {
        (ImportCounts counts, PreferenceSample[] samples) = ImportBio(
            """
            -DOCSTART- -X- -X- O

            Anna NNP B-PER
            Berg NNP I-PER
            met VBD O
            Ida NNP B-PER
            Berg NNP B-PER
            in IN O
            Lindau NNP I-LOC

            Anna NNP I-PER
            Berg NNP I-PER
            left VBD O
            -DOCSTART- O
            Nothing O
            burns O
            """);

        Assert.Equal((2, 2, 0), (counts.Lines, counts.Samples, counts.WithoutDocument));
        Assert.Empty(counts.Dropped);
        Assert.Equal(
            [("in.bio#1", "PER: Anna Berg\nPER: Ida\nPER: Berg\nLOC: Lindau"), ("in.bio#14", "none")],
            samples.Select(s => (s.Id, s.Chosen)));
        Assert.All(samples, s => Assert.Equal((Question, 0), (s.Question, s.Rejected.Count)));
        Assert.Equal(
            "Anna Berg met Ida Berg in Lindau\nAnna Berg left",
            Format.Tokenizer.Decode([.. samples[0].Context.SelectMany(c => c.Tokens)]).Trim());
    }

    [Fact]
    public void A_type_of_another_entity_ends_an_entity_and_a_sentence_does_too()
    {
        EntityDocument document = EntityDocument.Read(["a I-PER", "b I-LOC", "c I-LOC", "", "d I-LOC"], "f").Single();

        Assert.Equal([new("PER", "a"), new("LOC", "b c"), new("LOC", "d")], document.Entities);
    }

    [Theory]
    [InlineData("Anna", ":1: the line has no BIO tag")]
    [InlineData("Anna B-", ":1: the line has no BIO tag")]
    [InlineData("Anna O\nBerg E-PER", ":2: the line has no BIO tag")]
    public void A_line_without_a_BIO_tag_is_named(string text, string named) =>
        Assert.Contains(named, Assert.Throws<InputException>(() => ImportBio(text)).Message, StringComparison.Ordinal);

    (ImportCounts Counts, PreferenceSample[] Samples) ImportBio(string text)
    {
        string file = Path.ChangeExtension(Input, ".bio");
        File.WriteAllText(file, text);
        ImportCounts counts = PreferenceImport.Write(file, Output, Format, 64);
        return (counts, [.. PreferenceDataset.Read(Output).Samples]);
    }
}
