namespace Farsight.Tests.Evaluation.Benchmarks.Choices;

sealed class ChoicesFixture : BenchmarkFixture
{
    const string Ice =
        """{"id":"x","question":{"stem":"What is ice?","choices":[{"text":"wood","label":"1"},{"text":"water","label":"2"}]},"""
        + "\"answerKey\":\"2\"}";

    static readonly FixtureAnswer s_first = FixtureAnswer.LogProbs(-1, -9), s_second = FixtureAnswer.LogProbs(-9, -1);

    internal override IEnumerable<FixtureCase> Cases =>
    [
        new("arc_easy", "Question: What is ice?\nAnswer: wood water", s_second, s_first),
        new("arc_challenge", "Question: What is ice?\nAnswer: wood water", s_second, s_first),
        new(
            "hellaswag", "Cooking: A man stands in a kitchen. He cuts bread. flies off.",
            FixtureAnswer.LogProbs(-1, -99, -99, -99), FixtureAnswer.LogProbs(-99, -1, -99, -99)),
        new("winogrande", "because the cup is too big.The cup is not in the box because the box is too big.", s_first, s_second),
        new(
            "mmlu", "about  old maps.\n\nNext?\nA. a\nB. b\nC. c\nD. d\nAnswer: B\n\nLast?\nA. e\nB. f\nC. g\nD. h\nAnswer: A B C D",
            FixtureAnswer.LogProbs(-9, -9, -9, -1), FixtureAnswer.LogProbs(-1, -9, -9, -9)),
        new("truthfulqa_mc1", "Q: Is it?\nA: No.\n\nQ: Who?\nA: You. I.", s_first, s_second),
        new(
            "truthfulqa_mc2", "Q: Who?\nA: You. We. I.",
            FixtureAnswer.LogProbs(-1, -1, -5000), FixtureAnswer.LogProbs(-1, -1, -1)) { Worse = 2 / 3.0 },
        new("truthfulqa_2025_mc0", "Q: Who?\nA: You. I.", s_first, s_second),
        new("truthfulqa_2025_mc1", "Q: Who?\nA: You. I.", s_first, s_second),
        new(
            "truthfulqa_2025_mc2", "Q: Who?\nA: You. We. I.",
            FixtureAnswer.LogProbs(-1, -1, -5000), FixtureAnswer.LogProbs(-5000, -5000, -1)),
    ];

    internal override void Write(TaskData data) => data
        .With("arc/ARC-Easy-Test.jsonl", Ice)
        .With("arc/ARC-Challenge-Test.jsonl", Ice)
        .With(
            "hellaswag/hellaswag_val.jsonl",
            """{"activity_label":"Cooking","ctx_a":"A man stands in a kitchen.","ctx_b":"he","label":0,"""
            + "\"endings\":[\"cuts [step] bread.\",\"flies off.\",\"a\",\"b\"]}")
        .With(
            "winogrande/dev.jsonl",
            """{"sentence":"The cup is not in the box because the _ is too big.","option1":"cup","option2":"box","answer":"1"}""")
        .With("mmlu/dev/old_maps_dev.csv", "Next?,a,b,c,d,B\n")
        .With("mmlu/test/old_maps_test.csv", "Last?,e,f,g,h,D\n")
        .With(
            "lm_eval_task_configs/truthfulqa_mc1.yaml",
            "task: truthfulqa_mc1\ndoc_to_text: \"\\\n  {% set prompt_qa = '\\\n  Q: Is it?\\n\\\n  A: No.\\\n  '%}\\\n  {{prompt_qa}}\"\n")
        .With(
            "truthfulqa/v1_mc_task.json",
            """[{"question":"Who?","mc1_targets":{"You.":1,"I.":0},"mc2_targets":{"You.":1,"We.":1,"I.":0}}]""")
        .With(
            "truthfulqa/mc_task.json",
            """
            [{"question":"Who?","mc0_targets":{"You.":1,"I.":0},"mc1_targets":{"You.":1,"I.":0},"mc2_targets":{"You.":1,"We.":1,"I.":0}}]
            """);
}
