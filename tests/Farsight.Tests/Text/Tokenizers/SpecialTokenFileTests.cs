using System.Text.Json.Nodes;
using Farsight.Engine;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Text.Tokenizers;

/// <summary>Tests the special and added tokens of the files beside tokenizer.json.</summary>
public sealed class SpecialTokenFileTests : IDisposable
{
    // 256 bytes, then one token that text spells and one that only a name can mean.
    const int Merged = 256, Named = 257;

    static readonly string[] s_added = ["<a>", "<b>"];

    readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_token_that_only_added_tokens_decoder_lists_is_one_token_of_prompts()
    {
        // The ids are those of Hugging Face's tokenizers for the bundled model's files.
        CopyTiny(tokenizer => tokenizer["added_tokens"] = Without(tokenizer, "<|context|>"));
        ChangeConfig(config => config["added_tokens_decoder"] = TinyDecoder());

        Tokenizer tokenizer = Tokenizer.LoadFor(_folder.Path, 2048);

        Assert.Empty(tokenizer.Notices);
        Assert.Equal(
            [2043, 2047, 1582, 268, 371, 1698, 46, 2045, 72, 366, 111, 488, 2046],
            ChatFormat.Load(_folder.Path, tokenizer).Conversation([new("system", "Be brief."), new("user", "Hello there")]));
    }

    [Theory]
    [InlineData("tokenizer_config.json", """{"additional_special_tokens":["<|user|>","<|assistant|>","<|context|>"]}""")]
    [InlineData("tokenizer_config.json", """{"mask_token":{"content":"<|context|>","lstrip":false}}""")]
    [InlineData("tokenizer_config.json", """{"extra_special_tokens":{"context_token":"<|context|>"}}""")]
    [InlineData("special_tokens_map.json", """{"additional_special_tokens":[{"content":"<|context|>"}]}""")]
    [InlineData("special_tokens_map.json", """{"cls_token":"<|context|>"}""")]
    [InlineData("added_tokens.json", """{"<|context|>":2047}""")]
    public void A_token_that_any_of_the_files_names_is_found(string file, string content)
    {
        CopyTiny(tokenizer => tokenizer["added_tokens"] = Without(tokenizer, "<|context|>"));
        ChangeConfig(config => config.Remove("additional_special_tokens"));
        if (file == "tokenizer_config.json")
        {
            ChangeConfig(config => JsonNode.Parse(content)!.AsObject().ToList().ForEach(p => config[p.Key] = p.Value!.DeepClone()));
        }
        else
        {
            File.WriteAllText(_folder[file], content);
        }

        Tokenizer tokenizer = Tokenizer.LoadFor(_folder.Path, 2048);

        Assert.Equal(2047, tokenizer.IdOf("<|context|>"));
        Assert.Equal(file != "added_tokens.json", tokenizer.IsSpecial(2047));
    }

    [Fact]
    public void Without_added_tokens_decoder_special_tokens_map_goes_before_tokenizer_config()
    {
        Tokenizer tokenizer = Load("""{"eos_token":"<a>"}""", """{"eos_token":"<b>"}""");

        Assert.Equal(tokenizer.IdOf("<b>"), tokenizer.Eos);
        Assert.Contains("eos_token is '<a>', but in special_tokens_map.json it is '<b>'", Assert.Single(tokenizer.Notices));
    }

    [Fact]
    public void With_added_tokens_decoder_tokenizer_config_goes_before_special_tokens_map()
    {
        Tokenizer tokenizer = Load(
            """{"eos_token":"<a>","added_tokens_decoder":{"258":{"content":"<a>","special":true,"normalized":false}}}""",
            """{"eos_token":"<b>"}""");

        Assert.Equal(tokenizer.IdOf("<a>"), tokenizer.Eos);
        Assert.Contains("tokenizer_config.json is used", Assert.Single(tokenizer.Notices));
    }

    [Fact]
    public void Flags_of_added_tokens_decoder_go_before_those_of_tokenizer_json()
    {
        Tokenizer tokenizer = Load(
            """{"added_tokens_decoder":{"258":{"content":"<a>","special":true,"rstrip":true,"normalized":false}}}""");

        Assert.Equal([258, 'x'], tokenizer.EncodeWithSpecialTokens("<a>  x"));
        Assert.Contains("'<a>' differs in rstrip from tokenizer.json", Assert.Single(tokenizer.Notices));
    }

    [Fact]
    public void Ids_of_tokenizer_json_hold_and_a_contradiction_is_reported()
    {
        Tokenizer tokenizer = Load(
            """{"added_tokens_decoder":{"300":{"content":"<a>","special":true},"97":{"content":"<x>","special":true}}}""");

        Assert.Equal(((int?)258, (int?)null), (tokenizer.IdOf("<a>"), tokenizer.IdOf("<x>")));
        Assert.Contains(tokenizer.Notices, n => n.Contains("'<a>' has the id 300, but tokenizer.json gives it 258"));
        Assert.Contains(tokenizer.Notices, n => n.Contains("'<x>' has the id 97, which belongs to another token"));
    }

    [Fact]
    public void A_token_beyond_the_vocabulary_of_the_model_is_left_out_and_reported()
    {
        Write("""{"pad_token":"[PAD]"}""", null);

        Tokenizer alone = Tokenizer.Load(_folder.Path), ofModel = Tokenizer.LoadFor(_folder.Path, 260);

        Assert.Equal(((int?)260, (int?)null), (alone.IdOf("[PAD]"), ofModel.IdOf("[PAD]")));
        Assert.Contains("'[PAD]' has no id", Assert.Single(ofModel.Notices));
    }

    [Fact]
    public void A_named_token_of_the_vocabulary_becomes_special_unless_text_is_made_of_it()
    {
        Tokenizer tokenizer = Load("""{"bos_token":"<n>","pad_token":"!","sep_token":"th"}""");

        Assert.True(tokenizer.IsSpecial(Named));
        Assert.Equal(Named, tokenizer.Bos);
        Assert.Equal((false, false), (tokenizer.IsSpecial('!'), tokenizer.IsSpecial(Merged)));
        Assert.Equal(['!', Merged, '!'], tokenizer.Encode("!th!"));
        Assert.Equal(2, tokenizer.Notices.Count(n => n.Contains("ordinary text also produces it")));
    }

    [Fact]
    public void Added_tokens_json_beside_a_complete_list_is_not_used()
    {
        Write("""{"added_tokens_decoder":{"260":{"content":"<x>"}}}""", null);
        File.WriteAllText(_folder["added_tokens.json"], """{"<x>":261,"<y>":262}""");

        Tokenizer tokenizer = Tokenizer.Load(_folder.Path);

        Assert.Equal(((int?)260, (int?)null), (tokenizer.IdOf("<x>"), tokenizer.IdOf("<y>")));
        Assert.Contains("'<x>' has the id 261", Assert.Single(tokenizer.Notices));
    }

    [Theory]
    [InlineData("""{"added_tokens_decoder":{"x":{"content":"<x>"}}}""", "which is not a token id")]
    [InlineData("""{"added_tokens_decoder":{"300":{}}}""", "'content' is missing")]
    [InlineData("""{"additional_special_tokens":[1]}""", "contains a value that is neither a string nor an object")]
    [InlineData("""[]""", "not a JSON object")]
    public void A_damaged_file_is_named(string config, string problem)
    {
        string message = Assert.Throws<InputException>(() => Load(config)).Message;

        Assert.Contains("tokenizer_config.json", message);
        Assert.Contains(problem, message);
    }

    [Fact]
    public void Templates_see_every_named_token_and_the_additional_ones()
    {
        Write(
            """
            {"bos_token":"<a>","eos_token":"<b>","sep_token":"<n>","additional_special_tokens":["<m>"],"chat_template":
            "{{ bos_token }}{% for m in messages %}{{ m.content }}{{ sep_token }}
            """ + """{{ additional_special_tokens[0] }}{{ eos_token }}{% endfor %}"}""",
            null);
        Tokenizer tokenizer = Tokenizer.Load(_folder.Path);

        Assert.Equal([258, 'x', Named, 260, 259], ChatFormat.Load(_folder.Path, tokenizer).Conversation([new("user", "x")]));
    }

    [Fact]
    public void A_template_that_renders_a_special_token_that_no_file_defines_is_reported_once()
    {
        Write(
            """
            {"bos_token":"<a>","eos_token":"<b>","chat_template":
            "{% if bos_token %}{{ bos_token }}{% endif %}{% if cls_token is defined %}{{ cls_token }}{% endif %}
            """ + """{% for m in messages %}{{ m.content }}{{ sep_token }}{{ eos_token }}{% endfor %}"}""",
            null);
        List<string> notices = [];

        ChatFormat format = ChatFormat.Load(_folder.Path, Tokenizer.Load(_folder.Path), notices.Add);

        Assert.Equal([258, 'x', 259], format.Conversation([new("user", "x")]));
        Assert.Contains("line 1: 'sep_token' is undefined and is rendered as nothing", Assert.Single(notices));
    }

    public void Dispose() => _folder.Dispose();

    Tokenizer Load(string config, string? map = null)
    {
        Write(config, map);
        return Tokenizer.Load(_folder.Path);
    }

    /// <summary>Bytes 0–255, "th" 256 by a merge, "&lt;n&gt;" 257 in the vocabulary, "&lt;a&gt;" 258 and "&lt;b&gt;" 259 added.</summary>
    void Write(string config, string? map)
    {
        JsonObject json = TokenizerTests.Json(["th", "<n>"], ["t h"]);
        json["added_tokens"] = new JsonArray(
            [.. s_added.Select((t, i) => new JsonObject { ["id"] = 258 + i, ["content"] = t, ["special"] = true })]);
        File.WriteAllText(_folder["tokenizer.json"], json.ToJsonString());
        File.WriteAllText(_folder["tokenizer_config.json"], config);
        if (map is not null)
        {
            File.WriteAllText(_folder["special_tokens_map.json"], map);
        }
    }

    static string Tiny(string file) => Path.Combine(Repository.Root, "models/tiny", file);

    void CopyTiny(Action<JsonNode> change)
    {
        JsonNode tokenizer = JsonNode.Parse(File.ReadAllText(Tiny("tokenizer.json")))!;
        change(tokenizer);
        File.WriteAllText(_folder["tokenizer.json"], tokenizer.ToJsonString());
        File.Copy(Tiny("tokenizer_config.json"), _folder["tokenizer_config.json"]);
    }

    void ChangeConfig(Action<JsonObject> change)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(_folder["tokenizer_config.json"]))!.AsObject();
        change(config);
        File.WriteAllText(_folder["tokenizer_config.json"], config.ToJsonString());
    }

    static JsonArray Without(JsonNode tokenizer, string content) =>
        [.. tokenizer["added_tokens"]!.AsArray().Where(t => (string)t!["content"]! != content).Select(t => t!.DeepClone())];

    static JsonObject TinyDecoder()
    {
        JsonObject decoder = [];
        foreach (JsonNode? token in JsonNode.Parse(File.ReadAllText(Tiny("tokenizer.json")))!["added_tokens"]!.AsArray())
        {
            JsonObject entry = token!.DeepClone().AsObject();
            entry.Remove("id");
            decoder[$"{(int)token["id"]!}"] = entry;
        }
        return decoder;
    }
}
