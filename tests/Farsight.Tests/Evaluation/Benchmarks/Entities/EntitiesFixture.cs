namespace Farsight.Tests.Evaluation.Benchmarks.Entities;

/// <summary>Two documents of our own, the second without entities.</summary>
sealed class EntitiesFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("entities/documents", "Anna Berg keeps the lamp .\nShe is from Lindau .", "PER: Anna  Berg\nLOC: Lindau", "LOC: Anna Berg"),
    ];

    internal override void Write(TaskData data) => data.With(
        "entities/test.bio",
        """
        -DOCSTART- -X- O O

        Anna NNP B-NP B-PER
        Berg NNP I-NP I-PER
        keeps VBZ O O
        the DT O O
        lamp NN O O
        . . O O

        She PRP O O
        is VBZ O O
        from IN O O
        Lindau NNP O I-LOC
        . . O O
        -DOCSTART- O
        Nothing O
        burns O
        """);
}
