namespace Farsight.Tests.Evaluation.Benchmarks.LongIcl;

sealed class LongIclFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases => Enumerable.Range(1, 5).SelectMany(round => new FixtureCase[]
    {
        new(
            $"longicl_few-nerd_{round}r", "Sentence: Bo sat.\nBo: person-other\nSentence: Ann ran in Rome.\n",
            "Ann: person-actor\nRome: location-GPE\n", "Ann: person-actor\nRome: person-actor") { Worse = 0.5 },
        new(
            $"longicl_dialogre_{round}r", "('Ann', '7')\nThe 1 respective relations between each entity pair are: per:age\n", " per:boss",
            "per:age"),
    });

    internal override void Write(TaskData data) => data
        .With("liconbench/fewnerd_train_10turns.json", """[{"sentence": "Bo sat.", "entities": {"Bo": "person-other"}}]""")
        .With(
            "liconbench/fewnerd_test_1800.json",
            """[{"sentence": "Ann ran in Rome.", "entities": {"Ann": "person-actor", "Rome": "location-GPE"}}]""")
        .With(
            "liconbench/train_dialogueRE_processed.json",
            """[{"dialogue": "A: Hi.", "relation": "per:age", "subject_entity": "Ann", "object_entity": "7"}]""")
        .With(
            "liconbench/test_dialogueRE.json",
            """[{"dialogue": "B: Yes.", "relations": [{"relation": "per:boss", "subject_entity": "Cy", "object_entity": "Di"}]}]""");
}
