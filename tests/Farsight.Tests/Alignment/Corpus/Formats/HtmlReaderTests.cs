using System.Text;
using Farsight.Alignment.Corpus.Formats;
using Farsight.Alignment.Corpus.Formats.Html;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus.Formats;

public sealed class HtmlReaderTests
{
    [Theory]
    [InlineData("<p>One</p><p>Two</p>", "One\n\nTwo")]
    [InlineData("<p>Un<em>believ</em>able<br>new</p>", "Unbelievable\nnew")]
    [InlineData("<p>a &amp;amp; b &lt;c&gt; &#147;x&#148;&nbsp;y</p>", "a &amp; b <c> “x” y")]
    [InlineData("<ul><li>One<li>Two<ul><li>Three</ul></ul>", "One\nTwo\nThree")]
    [InlineData("<table><tr><th>A<th>B<tr><td><p>1</p><td>2<br>3</table>", "A\tB\n1\t2\n3")]
    [InlineData("<p>Code:</p><pre>\n  if (x)\n\n    y();</pre><p>Done.</p>", "Code:\n\n  if (x)\n\n    y();\n\nDone.")]
    [InlineData("<p>Sky&#8288;line, light&shy;house, a&#0;b&#xFFFD;c</p>", "Skyline, lighthouse, abc")]
    [InlineData("<p>日本\n語の行</p>", "日本語の行")]
    [InlineData("<details><summary>More</summary><p>Closed.</p></details>", "More\n\nClosed.")]
    public void Blocks_and_line_breaks_separate_text_and_inline_tags_do_not(string page, string expected) =>
        Assert.Equal(expected, Text(page));

    [Theory]
    [InlineData("<nav><a href='/'>Home</a></nav>")]
    [InlineData("<div role='navigation'>Menu</div>")]
    [InlineData("<ul class='main-menu'><li><a href='/a'>News</a><li><a href='/b'>Sport</a></ul>")]
    [InlineData("<div id='cookie-banner'><p>We use cookies.</p><button>OK</button></div>")]
    [InlineData("<div><p>This site stores cookies.</p><a href='#'>Accept</a></div>")]
    [InlineData("<script>var a = '<p>x</p>';</script><style>p { color: red }</style><noscript><p>Enable it</p></noscript>")]
    [InlineData("<template><p>Later</p></template><p hidden>Gone</p><p style='color:red; display : none'>Gone</p>")]
    [InlineData("<style>.gone, #out { display: none }</style><p class='gone'>Gone</p><div id=out>Out</div>")]
    [InlineData("<footer>Imprint</footer><div class='site-footer'>Copyright</div><aside>Read next</aside>")]
    [InlineData("<svg><title>Icon</title><text>Label</text></svg><select><option>A</select><!-- note -->")]
    public void Everything_around_the_text_is_left_out(string around) =>
        Assert.Equal("Before it.\n\nAfter it.", Text($"<body><main><p>Before it.</p></main>{around}<main><p>After "
            + "it.</p></main></body>"));

    [Fact]
    public void Linked_paragraphs_and_short_pages_and_the_only_heading_stay()
    {
        Assert.Equal("Closed today.", Text("<p>Closed today.</p>"));
        Assert.Equal("A whole paragraph in a link.", Text("<p><a href='/x'>A whole paragraph in a link.</a></p>"));
        Assert.Equal("Title\n\nText.", Text("<header><nav>Menu</nav><h1>Title</h1></header><p>Text.</p>"));
        Assert.Equal("Question?\n\nAnswer.", Text("<main><h3><button>Question?</button></h3><p>Answer.</p></main>"));
    }

    [Fact]
    public void A_class_that_another_rule_shows_hides_nothing() =>
        Assert.Equal("Tab.", Text("<style>.tab{display:none}.tab.active{display:block}</style><div class=tab>Tab.</div>"));

    [Fact]
    public void Tags_of_xhtml_close_themselves() =>
        Assert.Equal("One.\n\nTwo.", Text(
            "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><script src='a'/></head><body><p>"
                + "One.</p><p>Two.</p></body></html>"));

    [Fact]
    public void A_byte_order_mark_decides_before_valid_utf_8_and_that_before_the_declared_charset()
    {
        const string Page = "<meta charset=\"windows-1252\"><p>Tür €</p>";
        Assert.Equal("Tür €", Text([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Page)]));
        Assert.Equal("Tür €", Text(Encoding.UTF8.GetBytes(Page)));
        Assert.Equal("Tür €", Text([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Page)]));
        byte[] narrow = [.. Page.Select(c => c == 'ü' ? (byte)0xFC : c == '€' ? (byte)0x80 : (byte)c)];
        Assert.Equal("Tür €", Text(narrow));
        byte[] shift = [.. "<meta charset=shift_jis><p>"u8, 0x93, 0xFA, 0x96, 0x7B, .. "</p>"u8];
        Assert.Equal("日本", Text(shift));
    }

    [Theory]
    [InlineData("div")]
    [InlineData("b")]
    [InlineData("table")]
    [InlineData("noscript")]
    public void Deep_pages_end_in_linear_time(string tag)
    {
        string page = string.Concat(Enumerable.Repeat($"<{tag}>", 200_000));
        if (tag == "noscript")
        {
            Assert.Throws<InputException>(() => Read(page));
            return;
        }
        FormattedText read = Read(page + "Deep.");
        Assert.Equal("Deep.", read.Text);
        Assert.Contains("nested too deeply", Assert.Single(read.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("<html><body></body></html>", "contains no text")]
    [InlineData("<div id=root></div><script>go()</script>", "a script would fill it")]
    [InlineData("<frameset><frame src=a></frameset>", "frames")]
    [InlineData("%PDF-1.7 and more", "not HTML")]
    public void Pages_without_text_are_refused_with_the_reason(string page, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => Read(page)).Message, StringComparison.Ordinal);

    static string Text(string page) => Read(page).Text;

    static string Text(byte[] page) => new HtmlReader().Read(new MemoryStream(page), new()).Text;

    static FormattedText Read(string page) => new HtmlReader().Read(new MemoryStream(Encoding.UTF8.GetBytes(page)), new());
}
