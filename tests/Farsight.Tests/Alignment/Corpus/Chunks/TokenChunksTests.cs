using System.Globalization;
using Farsight.Alignment.Corpus.Chunks;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Alignment.Corpus.Chunks;

public sealed class TokenChunksTests
{
    static readonly Lazy<Tokenizer> s_tokenizer = new(() => Tokenizer.Load(Path.Combine(Repository.Root, "models/tiny")));

    static string Prose { get; } = string.Join(
        "\n\n",
        Enumerable.Range(0, 12).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $"On day {i} Dr. Ardmore lit the lamps at 4.{i} p.m. and waited. \"Who rang?\" asked the keeper! Nobody saw the harbour.")));

    [Theory]
    [InlineData(40)]
    [InlineData(64)]
    [InlineData(150)]
    public void Chunks_end_at_sentences_without_white_space_and_together_are_the_text(int most)
    {
        int[] tokens = s_tokenizer.Value.Encode(Prose);

        int[][] chunks = [.. TokenChunks.Cut(tokens, s_tokenizer.Value, most)];

        Assert.Equal(s_tokenizer.Value.Decode(tokens), s_tokenizer.Value.Decode([.. chunks.SelectMany(c => c)]));
        Assert.All(chunks, c => Assert.InRange(c.Length, 1, most));
        Assert.All(chunks, c => Assert.Contains(Ending(c), (string[])["waited.", "keeper!", "harbour."]));
        Assert.All(chunks, c => Assert.False(char.IsWhiteSpace(s_tokenizer.Value.Decode(c)[^1])));
        Assert.All(chunks[1..], c => Assert.True(char.IsWhiteSpace(s_tokenizer.Value.TokenText(c[0])[0])));
    }

    [Fact]
    public void Chunks_printed_as_texts_have_at_most_the_tokens_and_no_white_space_around_them()
    {
        string[] chunks = [.. TokenChunks.Cut(Prose, s_tokenizer.Value, 40)];

        Assert.Equal(Words(Prose), chunks.SelectMany(Words));
        Assert.All(chunks, c => Assert.Equal(c.Trim(), c));
        Assert.All(chunks, c => Assert.InRange(s_tokenizer.Value.Count(c), 1, 40));
    }

    [Fact]
    public void Text_without_sentence_ends_is_cut_between_words_and_never_inside_a_character()
    {
        int[] words = s_tokenizer.Value.Encode(string.Concat(Enumerable.Repeat("the keeper and the lighthouse ", 60)));
        Assert.All(
            TokenChunks.Cut(words, s_tokenizer.Value, 7),
            c => Assert.All(Words(s_tokenizer.Value.Decode(c)), w => Assert.Contains(w, (string[])["the", "keeper", "and", "lighthouse"])));

        const string Family = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
        int[] emoji = s_tokenizer.Value.Encode(string.Concat(Enumerable.Repeat(Family, 12)));
        Assert.All(
            TokenChunks.Cut(emoji, s_tokenizer.Value, 40),
            c => Assert.Equal("", s_tokenizer.Value.Decode(c).Replace(Family, "", StringComparison.Ordinal)));
        Assert.Equal(emoji, TokenChunks.Cut(emoji, s_tokenizer.Value, 1).SelectMany(c => c));
    }

    [Fact]
    public void Chunks_with_a_minimum_end_at_paragraphs_and_together_are_the_document()
    {
        string[] paragraphs =
        [
            .. Enumerable.Range(0, 40).Select(i => string.Create(
                CultureInfo.InvariantCulture,
                $"Paragraph {i} {string.Concat(Enumerable.Repeat("tells of lamps and boats ", 1 + (i * 7 % 3)))}.")),
        ];
        int[] tokens = s_tokenizer.Value.Encode(string.Join("\n\n", paragraphs));

        int[][] chunks = [.. TokenChunks.Cut(tokens, s_tokenizer.Value, most: 120, least: 40)];

        Assert.Equal(s_tokenizer.Value.Decode(tokens), s_tokenizer.Value.Decode([.. chunks.SelectMany(c => c)]));
        Assert.All(chunks, c => Assert.StartsWith("Paragraph ", s_tokenizer.Value.Decode(c).TrimStart(), StringComparison.Ordinal));
        Assert.All(chunks[..^1], c => Assert.InRange(c.Length, 40, 120));
    }

    [Fact]
    public void A_paragraph_longer_than_a_chunk_is_cut_between_words_and_lines_count_where_there_are_no_empty_ones()
    {
        int[] endless = s_tokenizer.Value.Encode(string.Concat(Enumerable.Repeat("boats and lamps ", 200)));
        Assert.All(TokenChunks.Cut(endless, s_tokenizer.Value, 100, 60).SkipLast(1), c => Assert.InRange(c.Length, 90, 100));

        int[] lines = s_tokenizer.Value.Encode(string.Concat(Enumerable.Repeat("A line of boats and lamps.\n", 60)));
        Assert.All(
            TokenChunks.Cut(lines, s_tokenizer.Value, 100, 60),
            c => Assert.StartsWith("A line", s_tokenizer.Value.Decode(c).TrimStart(), StringComparison.Ordinal));
    }

    [Fact]
    public void White_space_at_the_end_and_empty_texts_are_no_chunk()
    {
        Assert.Empty(TokenChunks.Cut([], s_tokenizer.Value, 8));
        Assert.Empty(TokenChunks.Cut(s_tokenizer.Value.Encode(" \n\n "), s_tokenizer.Value, 8));
        Assert.Equal("A lamp.", s_tokenizer.Value.Decode(TokenChunks.Cut(
            s_tokenizer.Value.Encode("A lamp.\n\n\n"), s_tokenizer.Value, 8).Single()));
    }

    static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    static string Ending(int[] chunk) => Words(s_tokenizer.Value.Decode(chunk))[^1];
}
