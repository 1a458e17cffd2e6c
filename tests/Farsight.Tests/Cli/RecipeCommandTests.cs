using Farsight.Cli.Commands;

namespace Farsight.Tests.Cli;

public sealed class RecipeCommandTests
{
    public static readonly TheoryData<string> Kinds = [.. RecipeSchema.Kinds.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Prints_the_stored_schema(string kind)
    {
        (int code, string output, _) = await CommandLine.Run("recipe", "schema", kind);

        Assert.Equal(0, code);
        Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, $"schemas/{kind}.schema.json")), output);
        Assert.Contains(kind, RecipeCommand.Kinds);
    }
}
