using Farsight.Server.Endpoints;

namespace Farsight.Tests.Server;

public sealed class AnswerParserTests
{
    [Theory]
    [InlineData("Plain text, a < b.", "Plain text, a < b.", "", "")]
    [InlineData("  indented", "  indented", "", "")]
    [InlineData("<think>\nhm</think>\n\nYes.", "Yes.", "hm", "")]
    [InlineData("<think>cut", "", "cut", "")]
    [InlineData(
        "Let me see. <tool_call>\n{\"name\": \"f\", \"arguments\": {\"x\": 1}}\n</tool_call>\n", "Let me see.", "", "f{\"x\": 1};")]
    [InlineData(
        "<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call><tool_call>{\"name\":\"g\",\"arguments\":{}}</tool_call>", "", "",
        "f{};g{};")]
    [InlineData("<tool_call>{\"name\":\"f\",\"argu", "<tool_call>{\"name\":\"f\",\"argu", "", "")] // cut off
    [InlineData(
        "<tool_call>{\"name\":\"h\",\"arguments\":{}}</tool_call>", "<tool_call>{\"name\":\"h\",\"arguments\":{}}</tool_call>", "", "")]
    public void An_answer_is_split_in_the_same_way_whole_and_in_parts(string answer, string content, string reasoning, string calls)
    {
        foreach (int size in new[] { 1, 3, 7, answer.Length })
        {
            AnswerParser parser = new(["f", "g"], ToolMarkup.Tagged);
            AnswerPiece[] pieces = [.. answer.Chunk(size).SelectMany(c => parser.Feed(new(c))), .. parser.Finish()];

            Assert.Equal(content, string.Concat(pieces.Select(p => p.Content)));
            Assert.Equal(reasoning, string.Concat(pieces.Select(p => p.Reasoning)));
            Assert.Equal(calls, string.Concat(pieces.Where(p => p.Call is not null).Select(p => $"{p.Call!.Name}{p.Call.Arguments};")));
            Assert.Equal(calls.Length > 0, parser.HasCalls);
        }
    }

    [Theory]
    [InlineData("{\"name\": \"f\", \"parameters\": {\"x\": 1}}", "", "f{\"x\": 1}")]
    [InlineData("{\"name\": \"h\", \"parameters\": {}}", "{\"name\": \"h\", \"parameters\": {}}", "")]
    [InlineData("It is {x}.", "It is {x}.", "")]
    public void A_call_without_markers_is_the_whole_answer(string answer, string content, string call)
    {
        AnswerParser parser = new(["f"], ToolMarkup.Bare);
        AnswerPiece[] pieces = [.. answer.Chunk(2).SelectMany(c => parser.Feed(new(c))), .. parser.Finish()];

        Assert.Equal(content, string.Concat(pieces.Select(p => p.Content)));
        Assert.Equal(call, string.Concat(pieces.Where(p => p.Call is not null).Select(p => p.Call!.Name + p.Call.Arguments)));
    }
}
