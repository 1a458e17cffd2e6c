using System.Text.Json;

namespace Farsight.Tests.Evaluation.Benchmarks.NeedleBench;

sealed class NeedleBenchFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("needlebench_single_en", "{question}", FixtureAnswer.Of(e => $"It is {e.References[0]}."), "It is shallow."),
        new(
            "needlebench_multi_en", "{question}", FixtureAnswer.Of(e => string.Join(", ", e.References)),
            FixtureAnswer.Of(e => e.References[0])) { Worse = 1 / 11.0 },
        new("needlebench_single_zh", "{question}", FixtureAnswer.Reference, "浅"),
        new(
            "needlebench_multi_zh", "{question}", FixtureAnswer.Of(e => string.Join("、", e.References)),
            FixtureAnswer.Of(e => e.References[0])) { Worse = 1 / 11.0 },
        .. Enumerable.Range(1, 9).SelectMany(p => new[] { $"atc_{1 << p}", $"atc_zh_{1 << p}" }).Select(name => new FixtureCase(
            name, "{question}", FixtureAnswer.Of(e => $@"So \boxed{{{e.References[0]}}}."), @"\boxed{nobody}")),
        .. from language in (string[])["en", "zh"]
           from needles in Enumerable.Range(2, 4)
           from task in (FixtureCase[])
           [
               new(
                   $"needlebench_reasoning_{language}_{needles}", "{question}", FixtureAnswer.Of(e => $@"\boxed{{{e.References[0]}}}"),
                   @"\boxed{nobody}"),
               new($"needlebench_reasoning_v1_{language}_{needles}", "{question}", "A copper lantern.", "A lantern.") { Worse = 0.5 },
           ]
           select task,
    ];

    internal override void Write(TaskData data)
    {
        object[] needles =
        [
            .. Enumerable.Range(10, 14).Select(i =>
                Needle("English", $"The harbour of Town{i} is deep{i}.", $"Town{i}", $"deep{i}", '?', '.')),
            .. Enumerable.Range(10, 14).Select(i => Needle("Chinese", $"城{i}的港口深{i}米。", $"城{i}", $"深{i}米", '？', '。')),
        ];
        foreach (string language in (string[])["en", "zh"])
        {
            data.With($"needlebench/multi_needle_reasoning_{language}.json", Enumerable.Range(2, 4).Select(n => new
            {
                derivations = Enumerable.Range(0, n).Select(i => $"Fact {i}."),
                derivation_count = n,
                question = "What is it?",
                answer = "Copper Lantern",
            }));
        }
        string names = string.Join(',', Enumerable.Range(1000, 520).Select(i => $"N{i}"));
        data.With("needlebench/needles.jsonl", needles)
            .With(
                "needlebench/PaulGrahamEssays.jsonl",
                Enumerable.Range(0, 40).Select(i => new { text = string.Concat(Enumerable.Repeat($"Line {i} says little. ", 10)) }))
            .With(
                "needlebench/zh_finance.jsonl",
                Enumerable.Range(0, 40).Select(i => new { text = string.Concat(Enumerable.Repeat($"第{i}行说得很少。", 20)) }))
            .With("needlebench/names.json", JsonSerializer.Serialize(new { English = names, Chinese = names }))
            .With("needlebench/atc_v2_prompts.json", """
                {"relationship_templates_en": ["{A} is the {relationship} of {B}. "], "relationship_terms_en": ["parent", "grandparent"],
                 "relationship_generation_map_en": {"parent": 1, "grandparent": 2},
                 "shuffled_story_with_prompt_en": "{shuffled_story}\nWho is the oldest relative of {last_person}?",
                 "nth_ancestor_prompt_en": "{shuffled_story}\nWho is {n} generations before {person}?",
                 "nth_descendant_prompt_en": "{shuffled_story}\nWho is {n} generations after {person}?",
                 "relationship_distance_prompt_en": "{shuffled_story}\nHow far apart are {person_a} and {person_b}?",
                 "relationship_templates_zh_CN": ["{A}是{B}的{relationship}。"], "relationship_terms_zh_CN": ["父亲", "祖父"],
                 "relationship_generation_map_zh": {"父亲": 1, "祖父": 2},
                 "shuffled_story_with_prompt_zh_CN": "{shuffled_story}\n谁是{last_person}最年长的亲人？",
                 "nth_ancestor_prompt_zh_CN": "{shuffled_story}\n谁比{person}早{n}代？",
                 "nth_descendant_prompt_zh_CN": "{shuffled_story}\n谁比{person}晚{n}代？",
                 "relationship_distance_prompt_zh_CN": "{shuffled_story}\n{person_a}和{person_b}相隔几代？"}
                """);
    }

    static object Needle(string language, string needle, string arg1, string arg2, char mark, char stop) => new
    {
        needle,
        retrieval_question = $"{arg1}{mark} '{arg1} ___{stop}'",
        arg1,
        arg2,
        language,
    };
}
