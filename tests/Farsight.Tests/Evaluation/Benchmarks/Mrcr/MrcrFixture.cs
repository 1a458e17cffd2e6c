using System.Text.Json;

namespace Farsight.Tests.Evaluation.Benchmarks.Mrcr;

sealed class MrcrFixture : BenchmarkFixture
{
    internal override IEnumerable<FixtureCase> Cases => ((int[])[2, 4, 8]).Select(needles => new FixtureCase(
        $"mrcr_{needles}needle", "A poem.\nPut aB3 before the poem.", "aB3The reeds.", "The reeds."));

    internal override void Write(TaskData data) => data.With("mrcr/mrcr.jsonl", ((int[])[2, 4, 8]).Select(needles => new
    {
        prompt = JsonSerializer.Serialize(new[]
        {
            new { role = "user", content = "Write." }, new { role = "assistant", content = "A poem." },
            new { role = "user", content = "Put aB3 before the poem." },
        }),
        answer = "aB3The reeds.",
        random_string_to_prepend = "aB3",
        n_needles = needles,
        n_chars = 700,
    }));
}
