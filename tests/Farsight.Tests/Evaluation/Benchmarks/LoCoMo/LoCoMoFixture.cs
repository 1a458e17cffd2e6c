namespace Farsight.Tests.Evaluation.Benchmarks.LoCoMo;

sealed class LoCoMoFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases =>
    [
        new(
            "locomo_qa", "DATE: 1 May 2023\nCONVERSATION:\nAnn said, \"I have two puppies.\"\n[shares a photo of puppies]\n", "Two puppy",
            "two cats") { Worse = 0.5 },
        new("locomo_events", "List the events in the life of Ann", "Ann adopts two puppies.", "Bo swims."),
        new(
            "locomo_events_facts", "List the events in the life of Ann",
            FixtureAnswer.JudgedInSteps(
                "Ann adopts two puppies.", """{"facts": 2, "supported": 2}""", """Two facts. {"facts": 2, "supported": 3}"""),
            FixtureAnswer.JudgedInSteps(
                "Ann adopts puppies and moves.", """{"facts": 4, "supported": 1}""", """{"facts": 2, "supported": 1}"""))
        {
            Worse = 1 / 3.0, // precision 1/4, recall 1/2
        },
    ];

    internal override void Write(TaskData data) => data.With("locomo/locomo10.json", """
        [{"sample_id": "one", "conversation": {"speaker_a": "Ann", "speaker_b": "Bo", "session_1_date_time": "1 May 2023",
          "session_1": [{"speaker": "Ann", "dia_id": "D1:1", "text": "I have two puppies.", "blip_caption": "a photo of puppies"}]},
          "event_summary": {"events_session_1": {"Ann": ["Ann adopts two puppies."], "Bo": [], "date": "1 May 2023"}},
          "qa": [{"question": "What did Ann adopt?", "answer": "two puppies", "evidence": ["D1:1"], "category": 4},
                 {"question": "Where does Bo live?", "adversarial_answer": "in Oslo", "evidence": [], "category": 5}]}]
        """);
}
