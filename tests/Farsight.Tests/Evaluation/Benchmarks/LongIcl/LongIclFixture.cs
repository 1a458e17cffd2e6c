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
        new($"longicl_goemotion_{round}r", "comment: So glad.\nemotion category: joy\ncomment: Hooray!\nemotion category: ", "Joy", "fear"),
        new(
            $"longicl_banking77_{round}r", "service query: No card.\nintent category: card_arrival\nservice query: Where is it?\n",
            " card_arrival\nservice query: x", "age_limit"),
        new(
            $"longicl_discovery_{round}r", "It rained. ( ) We left.\nthe most suitable conjunction word in the previous ( ) is  then,\n",
                "then",
            "but"),
        new(
            $"longicl_tacred_{round}r", "the subject is Ann and the object is 7\nthe relation between the two entities is: per:age\n",
            "per:title", "per:age"),
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
            """[{"dialogue": "B: Yes.", "relations": [{"relation": "per:boss", "subject_entity": "Cy", "object_entity": "Di"}]}]""")
        .With(
            "liconbench/goemotion_train.jsonl",
            "{\"text\": \"Mixed.\", \"labels\": [17, 14]}\n{\"text\": \"So glad.\", \"labels\": [17]}\n")
        .With("liconbench/goemotion_test.jsonl", """{"text": "Hooray!", "labels": [17]}""")
        .With("liconbench/banking77_train.jsonl", """{"text": "No card.", "label": "card_arrival"}""")
        .With("liconbench/banking77_test.jsonl", """{"text": "Where is it?", "label": "card_arrival"}""")
        .With("liconbench/discovery_train.jsonl", """{"sentence1": "It rained.", "sentence2": "We left.", "label": "then,"}""")
        .With("liconbench/discovery_test.jsonl", """{"sentence1": "It snowed.", "sentence2": "We stayed.", "label": "then,"}""")
        .With(
            "liconbench/tacred_train.jsonl",
            """{"sentence": "Ann is 7.", "subject_entity": "Ann", "object_entity": "7", "relation": "per:age"}""")
        .With(
            "liconbench/tacred_test.jsonl",
            """{"sentence": "Bo is king.", "subject_entity": "Bo", "object_entity": "king", "relation": "per:title"}""");
}
