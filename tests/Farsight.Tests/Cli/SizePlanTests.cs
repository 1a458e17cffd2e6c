using Farsight.Engine.Models;
using Farsight.Workflows.Train;

namespace Farsight.Tests.Cli;

/// <summary>The table of <c>farsight plan --table</c>.</summary>
public sealed class SizePlanTests
{
    [Fact]
    public void The_usual_sizes_have_the_parameters_of_the_published_models()
    {
        Dictionary<string, long> parameters = SizePlan.All(1e9).GroupBy(p => p.Size).ToDictionary(
            g => g.Key,
            g => ParameterShapes.Of(g.First().Plan.Model).Sum(p => p.Shape.Aggregate(1L, (product, extent) => product * extent)));

        Assert.Equal(
            new Dictionary<string, long>
            {
                ["135M"] = 134_515_008,
                ["0.5B"] = 494_032_768 - 24 * (896 + 2 * 128), // Qwen2.5 has biases on q, k and v
                ["1B"] = 1_235_814_400,
                ["3B"] = 3_212_749_824,
                ["8B"] = 8_030_261_248,
            },
            parameters);
    }

    [Fact]
    public async Task The_table_in_README_and_docs_is_the_one_that_the_command_prints()
    {
        string[] plans = Page("docs/plans.md"), readme = Page("README.md");
        string command = Assert.Single(plans, l => l.StartsWith("farsight plan --table ", StringComparison.Ordinal));

        (_, string output, _) = await CommandLine.Run(command.Split(' ')[1..]);

        string[] rows = [.. output.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1)];
        Assert.Equal(15, rows.Length);
        Assert.Contains(command, readme);
        Assert.Empty(rows.Except(plans));
        Assert.Empty(rows.Select(r => string.Join('|', r.Split('|')[..7]) + "|").Except(readme));

        static string[] Page(string path) => File.ReadAllLines(Path.Combine(Repository.Root, path));
    }
}
