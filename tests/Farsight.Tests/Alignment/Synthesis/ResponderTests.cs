using Farsight.Alignment.Synthesis;
using Farsight.Engine.Numerics;

namespace Farsight.Tests.Alignment.Synthesis;

public sealed class ResponderTests
{
    [Theory]
    [InlineData("<think>Where is it?</think>\n\nIn the box.", "In the box.")]
    [InlineData("<think>Where is it", null)]
    [InlineData("In the box.", "In the box.")]
    public async Task A_local_models_reasoning_is_no_part_of_its_response(string answer, string? response)
    {
        Responder responder = new(SynthesisFiles.Script((_, _, _) => answer), SynthesisFiles.Format);

        IReadOnlyList<string?> responses = await responder.Answer(
            [new(SynthesisFiles.Tokenizer.Encode("A hat is in the box."), "Where is the hat?", 64, 0, SeededRandom.For(1, "test", 0))],
            CancellationToken.None);

        Assert.Equal([response], responses);
    }
}
