using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.LongBench;

namespace Farsight.Tests.Evaluation.Benchmarks.LongBench;

/// <summary>A dictionary of a few words; the golden tests use the whole one.</summary>
public sealed class JiebaSegmenterTests
{
    [Fact]
    public void The_most_probable_words_win_and_the_rest_is_cut_by_states()
    {
        using TemporaryFolder folder = new();
        JiebaSegmenter words = Small(folder);
        Assert.Equal(["我", "在", "北京大学"], words.Cut("我在北京大学"));
        Assert.Equal(["甲乙", "北京"], words.Cut("甲乙北京")); // unknown: begin, end
        Assert.Equal(["abc", "北京", "，", " ", "3.5%", "\r\n", "😀"], words.Cut("abc北京， 3.5%\r\n😀"));
        Assert.Empty(words.Cut(""));
    }

    [Fact]
    public void Words_joined_give_the_text_back()
    {
        using TemporaryFolder folder = new();
        const string Text = "我\t在。北京,大学ABC+-1.2.3 大甲乙丙我\n";
        Assert.Equal(Text, string.Concat(Small(folder).Cut(Text)));
    }

    [Fact]
    public void Missing_and_damaged_files_end_in_one_sentence()
    {
        using TemporaryFolder folder = new();
        Assert.Contains(
            "dict.txt is missing",
            Assert.Throws<InputException>(() => JiebaWords.Open(folder.Path)).Message,
            StringComparison.Ordinal);
        Small(folder);
        File.WriteAllText(Path.Combine(folder.Path, "prob_emit.py"), "P={'B': ");
        Assert.Contains(
            "prob_emit.py",
            Assert.Throws<InputException>(() => JiebaWords.Open(folder.Path)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.Path, "dict.txt"), "北京 10\n大学\n");
        Assert.Contains("Line 2", Assert.Throws<InputException>(() => JiebaWords.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    static JiebaSegmenter Small(TemporaryFolder folder)
    {
        void Write(string name, string text) => File.WriteAllText(Path.Combine(folder.Path, name), text);
        Write("dict.txt", "北京 10 ns\n大学 10 n\n北京大学 5 nt\n我 3 r\n在 3 p\n");
        Write("prob_start.py", "P={'B': -0.3, 'E': -3.14e+100, 'M': -3.14e+100, 'S': -1.4}\n");
        Write(
            "prob_trans.py",
            "P={'B': {'E': -0.5, 'M': -0.9},\n 'E': {'B': -0.6, 'S': -0.8},\n 'M': {'E': -0.3, 'M': -1.3},\n 'S': {'B': -0.7, 'S': -0.7}}\n"
        );
        Write(
            "prob_emit.py",
            "from __future__ import unicode_literals\n\n"
                + "P={'B': {'\\u7532': -1.0}, 'E': {'\\u4e59': -1.0}, 'M': {}, 'S': {'\\u7532': -9.0, '\\u4e59': -9.0}}\n");
        return new(JiebaWords.Open(folder.Path));
    }
}
