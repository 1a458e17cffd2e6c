namespace Farsight.Tests.Evaluation.Benchmarks.Ruler;

sealed class RulerFixture : BenchmarkFixture
{
    static readonly (string Name, string Settings)[] s_tasks =
    [
        ("niah_single_1", Niah("noise", "words", "numbers", 1, 1, 1)),
        ("niah_single_2", Niah("essay", "words", "numbers", 1, 1, 1)),
        ("niah_single_3", Niah("essay", "words", "uuids", 1, 1, 1)),
        ("niah_multikey_1", Niah("essay", "words", "numbers", 4, 1, 1)),
        ("niah_multikey_2", Niah("needle", "words", "numbers", 1, 1, 1)),
        ("niah_multikey_3", Niah("needle", "uuids", "uuids", 1, 1, 1)),
        ("niah_multivalue", Niah("essay", "words", "numbers", 1, 4, 1)),
        ("niah_multiquery", Niah("essay", "words", "numbers", 1, 1, 4)),
        ("vt", """{"num_chains": 1, "num_hops": 4}"""),
        ("cwe", """{"num_cw": 10, "freq_cw": 30, "freq_ucw": 3}"""),
        ("fwe", """{"alpha": 2.0}"""),
        ("qa_1", """{"dataset": "squad"}"""),
        ("qa_2", """{"dataset": "hotpotqa"}"""),
    ];

    internal override int Length => 12_000;

    internal override IEnumerable<FixtureCase> Cases => s_tasks.Select(t => new FixtureCase(
        t.Name, "{question}", FixtureAnswer.Of(e => string.Join(", ", e.References)), "none of them"));

    internal override void Write(TaskData data)
    {
        string settings = string.Join(", ", s_tasks.Select(t => $"\"{t.Name}\": {{\"args\": {t.Settings}}}"));
        data.With("ruler/templates_and_config.json", $$$"""
            {"tasks": {
               "niah": {"template": "Some numbers are hidden here.\n{context}\nWhich {type_needle_v} are those of {query}?",
                        "answer_prefix": " They are", "tokens_to_generate": 128},
               "variable_tracking": {"template": "Follow the assignments of this text.\n{context}\nWhich variables are {query}?",
                                     "answer_prefix": " The {num_v} variables of {query} are ", "tokens_to_generate": 30},
               "common_words_extraction": {"template": "A list of words.\n{context}\nWhich {num_cw} are frequent?",
                                           "answer_prefix": " They are:", "tokens_to_generate": 120},
               "freq_words_extraction": {"template": "A coded text. {context}\nWhich three words are frequent?",
                                         "answer_prefix": " They are", "tokens_to_generate": 50},
               "qa": {"template": "Answer from the documents.\n{context}\nQuestion: {query}", "answer_prefix": " Answer:",
                      "tokens_to_generate": 32}},
             "synthetic_yaml": { {{{settings}}} }}
            """)
            .With("ruler/wonderwords_2.2.0/adjectivelist.txt", "old\nold-fashioned\nred\nquiet\n")
            .With("ruler/wonderwords_2.2.0/nounlist.txt", "lamp\ndoor\nriver\n")
            .With("ruler/wonderwords_2.2.0/verblist.txt", "run\nsing\n")
            .With( // the size of cwe is sought with a list of 4,096 words
                "ruler/english_words.json",
                $"{{{string.Join(", ", Enumerable.Range(1000, 4200).Select(i => $"\"{i}\": \"w{i}\""))}}}")
            .With("niah/PaulGrahamEssays/one.txt", string.Concat(Enumerable.Repeat("Nothing came of it. It was long. ", 60)))
            .With("ruler/squad.json", """
                {"data": [{"paragraphs": [
                   {"context": "Ann lives in Rome.",
                    "qas": [{"question": "Where does Ann live?", "is_impossible": false, "answers": [{"text": "Rome"}]}]},
                   {"context": "Bo lives in Oslo.", "qas": [{"question": "Where is Cid?", "is_impossible": true, "answers": []}]}]}]}
                """)
            .With(
                "ruler/hotpotqa.json",
                """[{"question": "Who is old?", "answer": "Ann", "context": [["Ann", ["Ann is 9.", " Yes."]], ["Bo", ["Bo is 7."]]]}]""");
    }

    static string Niah(string haystack, string keys, string values, int needles, int valuesEach, int asked) =>
        $$"""
        {"type_haystack": "{{haystack}}", "type_needle_k": "{{keys}}", "type_needle_v": "{{values}}",
         "num_needle_k": {{needles}}, "num_needle_v": {{valuesEach}}, "num_needle_q": {{asked}} }
        """;
}
