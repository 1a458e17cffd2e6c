using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Exchange;

namespace Farsight.Tests.Alignment.Data.Exchange;

/// <summary>Which lines of other programs are dropped, and for which reason.</summary>
public sealed class DroppedForeignLineTests : ForeignLines
{
    [Theory]
    [InlineData("different_prompts", $$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{Next}},{{Bad}}]}""")]
    [InlineData("different_prompts", $$"""{"prompt":[{{User}}],"chosen":[{{Next}},{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("longer_conversation", $$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{User}},{{Bad}},{{Next}},{{Bad}}]}""")]
    [InlineData("longer_conversation", $$"""{"prompt":[{{User}}],"chosen":[{{Good}},{{Next}},{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("longer_conversation", $$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{User}},{{Good}},{{Next}},{{Bad}}]}""")]
    [InlineData("turn_order", $$"""{"prompt":[{{User}},{{Next}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("turn_order", $$"""{"prompt":[{{User}},{{Good}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("turn_order", $$"""{"prompt":[{{Good}},{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("turn_order", $$"""{"prompt":[{{User}},{{Be}},{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("turn_order", $$"""{"system":"x","prompt":[{{Be}},{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("prompt_field", """{"prompt":"a","chosen":"b","rejected":"c","history":[["d","e"]]}""")]
    [InlineData("prompt_field", """{"prompt":"a","chosen":"b","rejected":"c","input":"A text."}""")]
    [InlineData("prompt_field", """{"prompt":"a","chosen":"b","rejected":"c","instruction":"Be brief."}""")]
    [InlineData("prompt_field", """{"prompt":"a","chosen":"b","rejected":"c","documents":[{"title":"A","text":"A text."}]}""")]
    [InlineData("prompt_field", """{"prompt":"a","chosen":"b","rejected":"c","context":"A text.","story":"Another text."}""")]
    [InlineData("prompt_field", """{"prompt":"a","chosen":"b","rejected":"c","context":"A text.","history":[["d","e"]]}""")]
    [InlineData("template_options", """{"prompt":"a","chosen":"b","rejected":"c","chat_template_kwargs":{"enable_thinking":false}}""")]
    [InlineData("turn_order", """{"prompt":"\n\nHuman: q\n\nAssistant: I think","chosen":" good","rejected":" bad"}""")]
    [InlineData("tool_calls", """{"prompt":"a","chosen":"b","rejected":"c","functions":[{"name":"f"}]}""")]
    [InlineData(
        "reasoning_content",
        $$"""{"prompt":[{{User}}],"chosen":[{"role":"assistant","content":"x","thoughts":"y"}],"rejected":[{{Bad}}]}""")]
    [InlineData(
        "reasoning_content",
        $$"""{"prompt":[{{User}}],"chosen":[{"role":"assistant","content":"x","reasoning_details":[{}]}],"rejected":[{{Bad}}]}""")]
    [InlineData(
        "reasoning_content",
        $$"""{"prompt":[{{User}}],"chosen":[{"role":"assistant","content":[{"type":"reasoning","text":"y"},{"type":"text","text":"x"}]}],"""
        + $$""" "rejected":[{{Bad}}]}""")]
    [InlineData(
        "not_text",
        $$"""{"prompt":[{"role":"user","content":[{"type":"image_url","text":"x","image_url":"i"}]}],"chosen":[{{Good}}],"""
        + $$""" "rejected":[{{Bad}}]}""")]
    [InlineData(
        "tool_calls",
        """{"conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"f"}],"chosen":{"from":"gpt","value":"a"},"""
        + """ "rejected":{"from":"gpt","value":"b"}}""")]
    [InlineData("malformed", """{"instruction":"a","chosen":"b","rejected":"c","history":[["d"]]}""")]
    [InlineData("not_text", $$"""{"prompt":[{"role":"user","content":"x","images":["i"]}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData(
        "tool_calls",
        $$"""{"prompt":[{{User}}],"chosen":[{"role":"assistant","content":null,"tool_calls":[{}]}],"rejected":[{{Bad}}]}""")]
    [InlineData("tool_calls", $$"""{"prompt":[{{User}},{"role":"tool","content":"x"}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData(
        "reasoning_content",
        $$"""{"prompt":[{{User}}],"chosen":[{"role":"assistant","content":"x","reasoning_content":"y"}],"rejected":[{{Bad}}]}""")]
    [InlineData("not_text", $$"""{"prompt":[{"role":"user","content":[{"type":"image"}]}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("unknown_role", $$"""{"prompt":[{"role":"critic","content":"x"}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("no_answer", $$"""{"prompt":[{{User}}],"chosen":[],"rejected":[{{Bad}}]}""")]
    [InlineData("identical", """{"prompt":"a","chosen":"b","rejected":" b"}""")]
    [InlineData("identical", $$"""{"chosen":[{{User}},{{Good}}],"rejected":[{{User}},{{Good}}]}""")]
    [InlineData("empty", """{"prompt":"a","chosen":"b","rejected":null}""")]
    [InlineData("templated", """{"prompt":"<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"[INST] a [/INST]","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"<|START_OF_TURN_TOKEN|><|USER_TOKEN|>a<|END_OF_TURN_TOKEN|>","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"Be good. USER: a ASSISTANT:","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"Human: a\nAssistant:","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"a","chosen":"b USER: c ASSISTANT: d","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"GPT4 Correct User: a<|end_of_turn|>","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"<|start_of_role|>user<|end_of_role|>a<|end_of_text|>","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", """{"prompt":"<|im_user|>user<|im_middle|>a<|im_end|>","chosen":"b","rejected":"c"}""")]
    [InlineData("end_token", """{"prompt":"a","chosen":"b<|eom_id|>","rejected":"c"}""")]
    [InlineData("end_token", """{"prompt":"a","chosen":"b","rejected":"c<|eot|>"}""")]
    [InlineData("templated", """{"prompt":"<bos>a","chosen":"b","rejected":"c"}""")]
    [InlineData("templated", $$"""{"prompt":[{"role":"system","content":"[INST] x"},{{User}}],"chosen":[{{Good}}],"rejected":[{{Bad}}]}""")]
    [InlineData("templated", """{"prompt":"### Instruction:\na\n\n### Response:\n","chosen":"b","rejected":"c"}""")]
    [InlineData("end_token", """{"prompt":"a","chosen":"b</s>","rejected":"c"}""")]
    [InlineData("end_token", """{"prompt":"a","chosen":"b<|END_OF_TURN_TOKEN|>","rejected":"c"}""")]
    [InlineData("end_token", """{"prompt":"a","chosen":"b","rejected":"c<eos>"}""")]
    [InlineData("end_token", """{"prompt":"a","chosen":"b","rejected":"c<|end_of_text|>\n"}""")]
    [InlineData("malformed", """{"prompt":"a","rejected":"b"}""")]
    [InlineData("other_kind", """{"prompt":"a","chosen":"b"}""")]
    [InlineData("other_kind", $$"""{"messages":[{{User}},{{Good}}]}""")]
    [InlineData("not_preferred", """{"prompt":"a","completion":"b","label":false}""")]
    [InlineData("no_answer", $$"""{"messages":[{{User}}]}""")]
    [InlineData("turn_order", $$"""{"messages":[{{Good}}]}""")]
    [InlineData("no_answer", $$"""{"prompt":[{{User}}],"completion":[]}""")]
    [InlineData("longer_conversation", $$"""{"prompt":[{{User}}],"completion":[{{Good}},{{Next}},{{Good}}]}""")]
    [InlineData("empty", """{"prompt":"a","completion":" "}""")]
    [InlineData("end_token", """{"prompt":"a","completion":"b<|eot|>"}""")]
    [InlineData("prompt_field", $$"""{"prompt":"Another prompt","messages":[{{User}},{{Good}}]}""")]
    [InlineData("malformed", """{"chosen":"a b","rejected":"a c"}""")]
    [InlineData("malformed", """{"prompt":"a","chosen":7,"rejected":8}""")]
    public void A_line_that_a_sample_cannot_hold_is_dropped_with_its_number_and_reason(string reason, string line)
    {
        (ImportCounts counts, PreferenceSample[] samples) = Import("""{"prompt":"p","chosen":"good","rejected":"bad"}""", line, line);

        Assert.Equal("p", Assert.Single(samples).Question);
        (string name, DroppedLines dropped) = Assert.Single(counts.Dropped);
        Assert.Equal((reason, 2), (name, dropped.Lines));
        Assert.Equal([2, 3], dropped.First);
    }

    [Theory]
    [InlineData("""{"prompt":"a","chosen":"<s>old</s>","rejected":"c"}""")]
    [InlineData("""{"prompt":"What does <|im_end|> mean?","chosen":"It ends a turn.","rejected":"c"}""")]
    [InlineData("""{"prompt":"What is a <| b |> c in F#?","chosen":"A pipe.","rejected":"c"}""")]
    [InlineData("""{"prompt":"Who is the user: Ada or Ben?","chosen":"Assistant: no, user: yes.","rejected":"c"}""")]
    public void A_text_about_markup_is_kept(string line) => Assert.Single(Import(line).Samples);
}
