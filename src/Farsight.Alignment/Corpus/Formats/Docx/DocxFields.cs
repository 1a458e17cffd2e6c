using System.Xml;

namespace Farsight.Alignment.Corpus.Formats.Docx;

/// <summary>Follows the fields of a story, such as a cross-reference: an instruction, then the result that a reader sees.</summary>
sealed class DocxFields
{
    readonly Stack<bool> _open = []; // for each open field, whether its result has begun
    int _instructions;

    /// <summary>Gets whether the text belongs to an instruction.</summary>
    internal bool IsInstruction => _instructions > 0;

    /// <summary>Reads the current <c>fldChar</c>: a field begins, its result begins, or it ends.</summary>
    internal void Read(XmlReader xml)
    {
        string? kind = xml.Attribute("fldCharType");
        xml.SkipContent();
        if (kind == "begin")
        {
            _open.Push(false);
            _instructions++;
        }
        else if (kind is "separate" or "end" && _open.TryPop(out bool isResult))
        {
            _instructions -= isResult ? 0 : 1;
            if (kind == "separate")
            {
                _open.Push(true);
            }
        }
    }
}
