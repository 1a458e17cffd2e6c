namespace Farsight.Tests.Evaluation.Benchmarks.LongProc;

sealed class LongProcFixture : BenchmarkFixture
{
    const string Route = "From Arden, take a bus to Berl.",
        Belief = "- Ann thinks the hat is in the box.\n- Bo thinks the hat is in the bag.";

    static readonly string[] s_sizes = ["0.5k", "2k", "8k"];

    // LongProc keeps the pages of all sizes in one folder and names one of each size.
    static readonly string[] s_pages = ["W1_0.5k_1.html", "W80_2k_1.html", "W237_8k_1.html"];

    static readonly string[] s_cities = ["Arden", "Berl"];
    static readonly int[] s_numbers = [40, 19, 23, 7];

    internal override IEnumerable<FixtureCase> Cases =>
    [
        .. s_sizes.SelectMany(s => new FixtureCase[]
        {
            new(
                $"path_traversal_{s}", "Roads.\nFrom Arden to Berl?", $"<Route>\n{Route}\n</Route>",
                "<Route>\nFrom Arden, fly to Berl.\n</Route>"),
            new($"tom_tracking_{s}", "Parts.\nA story.\nWhere is the hat?", Belief, "- Ann thinks the hat is in the bag."),
            new(
                $"countdown_{s}", "Numbers: [40, 19, 23, 7]\nTarget: 29\n\n# Search Procedure",
                "<Solution>\n40 - 23 = 17\n19 - 7 = 12\n17 + 12 = 29\n</Solution>", "<Solution>\n40 - 23 = 17\n17 + 12 = 29\n</Solution>"),
            new(
                $"html_to_tsv_{s}", "<p>hat 3</p>\nHats: name and price.\nname\tprice", "```tsv\nname\tprice\nhat\t3\ncap\t4\n```",
                "```tsv\nname\tprice\nhat\t3\ncap\t5\n```") { Worse = 0.5 },
        }),
        .. s_sizes[..2].Select(s => new FixtureCase(
            $"pseudo_to_code_{s}", "```cpp\n#include <iostream>\n```\nread a\nwrite a", "```cpp\nint main() {}\n```", "I cannot.")
        {
            RunsPrograms = true,
        }),
        .. s_sizes[1..].Select(s => new FixtureCase(
            $"travel_planning_{s}", "* City: Riga, Duration: 4 days.\n", $"<Plan>\n{Plan}\n</Plan>",
            $"<Plan>\n{Plan.Replace("Turin", "Bari", StringComparison.Ordinal)}\n</Plan>")),
    ];

    internal override void Write(TaskData data)
    {
        data.With("longproc/path_traversal/prompts.yaml", "USER_PROMPT: |-\n  {city_context}\n  From {src_city} to {dst_city}?\n")
            .With("longproc/tom_tracking/prompts.yaml", "USER_PROMPT: |-\n  {story_components}\n  {story}\n  {question}\n")
            .With("longproc/countdown/prompts.yaml", "USER_PROMPT: |-\n  {demonstration}\n\n  Numbers: {nums}\n  Target: {target}\n")
            .With(
                "longproc/html_to_tsv/prompts.yaml",
                "USER_PROMPT: |-\n  {html_str}\n  {task_topic}: {task_description}{filtering_instruction}\n  {tsv_header}\n")
            .With("longproc/pseudo_to_code/prompts.yaml", "USER_PROMPT: |-\n  ```cpp\n  #include <iostream>\n  ```\n  {pseudocode}\n");
        data.With("longproc/travel_planning/prompts.yaml", "USER_PROMPT: |-\n  {demonstration}\n\n  {problem}\n")
            .With("longproc/travel_planning/travel_planning_icl_examples.json", [Trip(500)])
            .With("longproc/travel_planning/travel_planning_all.json", [Trip(500), Trip(5000)]);
        foreach ((string size, string page) in s_sizes.Zip(s_pages))
        {
            data.With($"longproc/html_to_tsv/webpage/{page}", "<p>hat 3</p>")
                .With(
                    $"longproc/path_traversal/path_traversal_{size}.json",
                    [new { question_repr = s_cities, context_nl = "Roads.", answer_nl = Route }])
                .With(
                    $"longproc/tom_tracking/tom_tracking_{size}.json",
                    [new { story_components = "Parts.", story = "A story.", question = "Where is the hat?", solution = Belief }])
                .With($"longproc/countdown/countdown_{size}.json", [new { nums = s_numbers, target = 29 }])
                .With($"longproc/html_to_tsv/html_to_tsv_{size}.json", [Page($"webpage/{page}")])
                .With(
                    $"longproc/pseudo_to_code/pseudo_to_code_{size}.json",
                    """[{"problem_id": 1, "pseudocode_lines": ["read a", "write a"], "code_lines": [], "testcases": [[["4"], ["4"]]]}]""");
        }
    }

    const string Plan = "**Day 1-4:** Arriving in Riga and visit Riga for 4 days.\n**Day 4:** Fly from Riga to Turin.\n"
        + "**Day 4-6:** Visit Turin for 3 days.";

    static object Trip(int tokens) => new
    {
        num_cities = 2,
        total_days = 6,
        constraints = new object[]
        {
            new { type = "duration", city = "Turin", num_days = 3 }, new { type = "duration", city = "Riga", num_days = 4 },
        },
        connected_cities = new[] { new[] { "Riga", "Turin" } },
        disambig_question_text = "Visit Riga and Turin.",
        ground_truth_cities = "Riga**Turin",
        ground_truth_durations = "4**3",
        estimated_output_tokens = tokens,
    };

    static object Page(string path) => new
    {
        html_path = path,
        task_id = "t",
        website_id = "w",
        task_topic = "Hats",
        task_description = "name and price",
        tsv_header = "name\tprice",
        filtering_instruction = ".",
        gt = "name\tprice\nhat\t3\ncap\t4",
    };
}
