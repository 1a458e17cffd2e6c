using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Workflows.Timing;

namespace Farsight.Tests.Workflows.Timing;

public sealed class StepShapeTests : IDisposable
{
    const string Good = """{"hidden":32,"layers":2,"heads":4,"kv_heads":2,"ffn":48,"vocab":60,"prompt":9,"responses":[4,3]}""";

    readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_bundled_shapes_are_usable()
    {
        StepShape[] shapes = [.. Directory.GetFiles(Path.Combine(Repository.Root, "bench/specs"), "*.json").Select(StepShape.Read)];

        Assert.NotEmpty(shapes);
    }

    [Theory]
    [InlineData("\"layers\":2,", "", "layers is missing")]
    [InlineData("\"layers\"", "\"layer\"", "layer is not known")]
    [InlineData("\"heads\":4", "\"heads\":5", "32 is not a multiple of 5")]
    [InlineData("\"kv_heads\":2", "\"kv_heads\":3", "4 is not a multiple of 3")]
    [InlineData("\"heads\":4,\"kv_heads\":2", "\"heads\":32,\"kv_heads\":2", "must be even")]
    [InlineData("\"prompt\":9", "\"prompt\":0", "prompt is 0")]
    [InlineData("\"vocab\":60", "\"vocab\":\"60\"", "vocab is \"60\"")]
    [InlineData("[4,3]", "[]", "responses must be a list")]
    [InlineData("[4,3]", "[4,3.5]", "responses is 3.5")]
    [InlineData("\"vocab\":60", "\"vocab\":60,\"vocab\":60", "not valid JSON")]
    [InlineData("\"ffn\":48", "\"ffn\":48,\"experts\":4", "experts and experts_per_token belong together")]
    [InlineData("\"ffn\":48", "\"ffn\":48,\"experts\":4,\"experts_per_token\":5", "more than the 4 of experts")]
    [InlineData(Good, "[]", "not a JSON object")]
    public void An_unsound_shape_is_one_sentence(string good, string bad, string says)
    {
        File.WriteAllText(_file, Good.Replace(good, bad, StringComparison.Ordinal));

        InputException e = Assert.Throws<InputException>(() => StepShape.Read(_file));

        Assert.StartsWith(_file, e.Message, StringComparison.Ordinal);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Single(e.Message.Split('\n'));
    }

    [Fact]
    public void Experts_have_the_width_of_the_feed_forward()
    {
        File.WriteAllText(_file, Good.Replace("\"ffn\":48", "\"ffn\":48,\"experts\":4,\"experts_per_token\":2", StringComparison.Ordinal));

        MixtureOfExperts? experts = StepShape.Read(_file).Model.Experts;

        Assert.Equal((4, 2, 48), (experts!.Count, experts.PerToken, experts.IntermediateSize));
    }

    [Fact]
    public void A_missing_file_says_what_is_wanted() =>
        Assert.Contains("kv_heads", Assert.Throws<InputException>(() => StepShape.Read(_file + ".no")).Message, StringComparison.Ordinal);
}
