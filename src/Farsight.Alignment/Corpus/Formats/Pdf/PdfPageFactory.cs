using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Geometry;
using UglyToad.PdfPig.Graphics;
using UglyToad.PdfPig.Graphics.Operations;
using UglyToad.PdfPig.Logging;
using UglyToad.PdfPig.Outline.Destinations;
using UglyToad.PdfPig.Parser;
using UglyToad.PdfPig.PdfFonts;
using UglyToad.PdfPig.Tokenization.Scanner;
using UglyToad.PdfPig.Tokens;

namespace Farsight.Alignment.Corpus.Formats.Pdf;

/// <summary>Makes PdfPig read a page as glyphs and rules only. Created by PdfPig with these parameters.</summary>
sealed class PdfPageFactory(
    IPdfTokenScanner pdfScanner,
    IResourceStore resourceStore,
    ILookupFilterProvider filterProvider,
    IPageContentParser pageContentParser,
    ParsingOptions parsingOptions)
    : BasePageFactory<PdfPage>(pdfScanner, resourceStore, filterProvider, new BoundedContent(pageContentParser), parsingOptions)
{
    /// <inheritdoc/>
    protected override PdfPage ProcessPage(
        int pageNumber,
        DictionaryToken dictionary,
        NamedDestinations namedDestinations,
        MediaBox mediaBox,
        CropBox cropBox,
        UserSpaceUnit userSpaceUnit,
        PageRotationDegrees rotation,
        TransformationMatrix initialMatrix,
        IReadOnlyList<IGraphicsStateOperation> operations) =>
        new PdfPageReader(
            pageNumber, ResourceStore, PdfScanner, PageContentParser, FilterProvider, cropBox, userSpaceUnit, rotation, initialMatrix,
            ParsingOptions).Process(pageNumber, operations);

    /// <summary>Bounds the drawing instructions of a page, each of which becomes an object of many times its size.</summary>
    sealed class BoundedContent(IPageContentParser inner) : IPageContentParser
    {
        const int MaxBytes = 16 << 20;

        public IReadOnlyList<IGraphicsStateOperation> Parse(int pageNumber, IInputBytes inputBytes, ILog log) =>
            inputBytes.Length <= MaxBytes
                ? inner.Parse(pageNumber, inputBytes, log)
                : throw new PdfLimitException($"its drawing instructions have more than {MaxBytes >> 20} MiB");
    }
}

/// <summary>Collects the glyphs of a page. Images, colors and clipping are not computed.</summary>
sealed class PdfPageReader(
    int pageNumber,
    IResourceStore resourceStore,
    IPdfTokenScanner pdfScanner,
    IPageContentParser pageContentParser,
    ILookupFilterProvider filterProvider,
    CropBox cropBox,
    UserSpaceUnit userSpaceUnit,
    PageRotationDegrees rotation,
    TransformationMatrix initialMatrix,
    ParsingOptions parsingOptions)
    : BaseStreamProcessor<PdfPage>(
        pageNumber, resourceStore, pdfScanner, pageContentParser, filterProvider, cropBox, userSpaceUnit, rotation, initialMatrix,
        parsingOptions)
{
    // Forms that draw forms multiply; a page of a newspaper has some ten thousand glyphs.
    const int MaxForms = 20_000, MaxFormDepth = 32, MaxGlyphs = 1_000_000, MaxRules = 10_000;

    const double MaxRuleHeight = 3; // points
    const double Ascent = 0.88; // of a glyph in vertical writing, in ems

    readonly Dictionary<int, List<PdfGlyph>> _glyphs = [];
    readonly List<PdfRule> _rules = [];
    readonly Stack<string?> _replacements = [];
    readonly double _height = cropBox.GetVisibleBounds(rotation).Height;
    PdfPoint _pen;
    int _forms, _depth, _count, _images, _paths, _unmapped;

    /// <inheritdoc/>
    public override PdfPage Process(int pageNumberCurrent, IReadOnlyList<IGraphicsStateOperation> operations)
    {
        CloneAllStates();
        ProcessOperations(operations);
        return new(pageNumberCurrent, _height, _glyphs, _rules, _images, _paths, _unmapped);
    }

    /// <inheritdoc/>
    public override void RenderGlyph(
        IFont font,
        CurrentGraphicsState currentState,
        double fontSize,
        double pointSize,
        int code,
        string unicode,
        long currentOffset,
        in TransformationMatrix renderingMatrix,
        in TransformationMatrix textMatrix,
        in TransformationMatrix transformationMatrix,
        CharacterBoundingBox characterBoundingBox)
    {
        if (++_count > MaxGlyphs)
        {
            throw new PdfLimitException($"it has more than {MaxGlyphs} glyphs");
        }
        if (Text(font, code, unicode) is not { Length: > 0 } text)
        {
            return;
        }
        PdfPoint start = On(renderingMatrix, textMatrix, transformationMatrix, 0, 0);
        PdfPoint end = On(renderingMatrix, textMatrix, transformationMatrix, characterBoundingBox.Width, 0);
        PdfPoint top = On(renderingMatrix, textMatrix, transformationMatrix, 0, 1);
        double size = Distance(start, top), width = Distance(start, end);
        if (!double.IsFinite(size) || !double.IsFinite(width) || size <= 0)
        {
            return;
        }
        double angle = font.IsVertical ? -Math.PI / 2
            : width > 0 ? Math.Atan2(end.Y - start.Y, end.X - start.X)
            : Math.Atan2(top.Y - start.Y, top.X - start.X) - (Math.PI / 2);
        int degrees = (int)Math.Round(angle * 180 / Math.PI);
        degrees = degrees == -180 ? 180 : degrees;
        (double sine, double cosine) = Math.SinCos(degrees * Math.PI / 180);
        double along = (start.X * cosine) + (start.Y * sine), across = (start.Y * cosine) - (start.X * sine);
        PdfGlyph glyph = font.IsVertical
            ? new(text, along - (Ascent * size), along + ((1 - Ascent) * size), across, size)
            : new(text, along, along + width, across, size);
        if (!_glyphs.TryGetValue(degrees, out List<PdfGlyph>? group))
        {
            _glyphs[degrees] = group = [];
        }
        group.Add(glyph);
    }

    /// <summary>Returns the characters of a glyph; null where the file does not say which they are.</summary>
    string? Text(IFont font, int code, string unicode)
    {
        if (_replacements.Count > 0 && _replacements.Peek() is { } replacement)
        {
            // The text replaces the whole sequence, so its first glyph takes it and the others have none.
            _replacements.Pop();
            _replacements.Push("");
            return GlyphText.Clean(replacement);
        }
        string? text = font.TryGetUnicode(code, out string? known) && known is not null ? GlyphText.Clean(unicode) : null;
        _unmapped += text is null ? 1 : 0;
        return text;
    }

    static PdfPoint On(
        in TransformationMatrix rendering, in TransformationMatrix text, in TransformationMatrix page, double x, double y) =>
        page.Transform(text.Transform(rendering.Transform(new PdfPoint(x, y))));

    static double Distance(PdfPoint a, PdfPoint b) => Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y)));

    /// <inheritdoc/>
    protected override void ProcessFormXObject(StreamToken formStream, NameToken xObjectName)
    {
        if (_depth == MaxFormDepth)
        {
            ParsingOptions.Logger.Warn("The nesting of forms is too deep; a form may draw itself.");
            return;
        }
        if (++_forms > MaxForms)
        {
            throw new PdfLimitException($"it draws more than {MaxForms} forms");
        }
        _depth++;
        try
        {
            base.ProcessFormXObject(formStream, xObjectName);
        }
        finally
        {
            _depth--;
        }
    }

    /// <inheritdoc/>
    public override void BeginMarkedContent(NameToken name, NameToken? propertyDictionaryName, DictionaryToken? properties)
    {
        if (propertyDictionaryName is not null)
        {
            properties = ResourceStore.GetMarkedContentPropertiesDictionary(propertyDictionaryName) ?? properties;
        }
        bool isInside = _replacements.Count > 0 && _replacements.Peek() is not null;
        _replacements.Push(
            isInside ? ""
            : properties is not null && properties.TryGet(NameToken.ActualText, PdfScanner, out IDataToken<string>? actual) ? actual.Data
            : null);
    }

    /// <inheritdoc/>
    public override void EndMarkedContent() => _replacements.TryPop(out _);

    /// <inheritdoc/>
    protected override void RenderXObjectImage(XObjectContentRecord xObjectContentRecord) => _images++;

    /// <inheritdoc/>
    protected override void RenderInlineImage(InlineImage inlineImage) => _images++;

    /// <inheritdoc/>
    public override void MoveTo(double x, double y) => CurrentPosition = _pen = CurrentTransformationMatrix.Transform(new PdfPoint(x, y));

    /// <inheritdoc/>
    public override void LineTo(double x, double y)
    {
        PdfPoint end = CurrentTransformationMatrix.Transform(new PdfPoint(x, y));
        AddRule(_pen, end);
        CurrentPosition = _pen = end;
    }

    /// <inheritdoc/>
    public override void Rectangle(double x, double y, double width, double height)
    {
        PdfPoint a = CurrentTransformationMatrix.Transform(new PdfPoint(x, y));
        PdfPoint b = CurrentTransformationMatrix.Transform(new PdfPoint(x + width, y + height));
        if (Math.Abs(a.Y - b.Y) <= MaxRuleHeight)
        {
            AddRule(a, b);
        }
        else
        {
            AddRule(a, new(b.X, a.Y));
            AddRule(new(a.X, b.Y), b);
        }
    }

    void AddRule(PdfPoint a, PdfPoint b)
    {
        if (Math.Abs(a.Y - b.Y) <= MaxRuleHeight && Math.Abs(a.X - b.X) > MaxRuleHeight && _rules.Count < MaxRules)
        {
            _rules.Add(new(Math.Min(a.X, b.X), Math.Max(a.X, b.X), (a.Y + b.Y) / 2));
        }
    }

    /// <inheritdoc/>
    public override void StrokePath(bool close) => _paths++;

    /// <inheritdoc/>
    public override void FillPath(FillingRule fillingRule, bool close) => _paths++;

    /// <inheritdoc/>
    public override void FillStrokePath(FillingRule fillingRule, bool close) => _paths++;

    /// <inheritdoc/>
    public override void BeginSubpath()
    {
    }

    /// <inheritdoc/>
    public override PdfPoint? CloseSubpath() => null;

    /// <inheritdoc/>
    public override void BezierCurveTo(double x2, double y2, double x3, double y3) => _pen = default;

    /// <inheritdoc/>
    public override void BezierCurveTo(double x1, double y1, double x2, double y2, double x3, double y3) => _pen = default;

    /// <inheritdoc/>
    public override void EndPath()
    {
    }

    /// <inheritdoc/>
    public override void ClosePath()
    {
    }

    /// <inheritdoc/>
    public override void ModifyClippingIntersect(FillingRule clippingRule)
    {
    }

    /// <inheritdoc/>
    protected override void ClipToRectangle(PdfRectangle rectangle, FillingRule clippingRule)
    {
    }

    /// <inheritdoc/>
    public override void PaintShading(NameToken shadingName)
    {
    }
}
