using System.IO.Compression;
using System.Text;
using System.Xml;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats.Docx;

/// <summary>Opens the parts of a Word document, a zip file of XML (ECMA-376, part 2).</summary>
/// <remarks>
/// The Open XML SDK is not used: it refuses documents with malformed link targets, which Word opens, and has no bound on what a part
/// unpacks to. Link targets are not read here at all.
/// </remarks>
sealed class DocxPackage : IDisposable
{
    readonly ZipArchive _zip;
    readonly FormatLimits _limits;
    readonly Dictionary<string, ZipArchiveEntry> _parts = new(StringComparer.OrdinalIgnoreCase);
    long _unpacked;

    DocxPackage(ZipArchive zip, FormatLimits limits)
    {
        (_zip, _limits) = (zip, limits);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            _parts.TryAdd(entry.FullName.Replace('\\', '/').TrimStart('/'), entry);
        }
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InputException">It is no zip file, or a damaged one.</exception>
    internal static DocxPackage Open(Stream file, FormatLimits limits)
    {
        Span<byte> start = stackalloc byte[8];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (start.IsEmpty)
        {
            throw new InputException("the file is empty (0 bytes)");
        }
        if (start is [0xD0, 0xCF, 0x11, 0xE0, ..])
        {
            throw new InputException(
                IsEncrypted(file) ? "the file is encrypted with a password"
                : "the file is an old Word 97 document (.doc), not a .docx file; save it as .docx");
        }
        if (start is not [(byte)'P', (byte)'K', ..])
        {
            throw new InputException("the file is not a Word document (.docx): it is not a zip file");
        }
        file.Position = 0;
        try
        {
            return new(new(file, ZipArchiveMode.Read, leaveOpen: true), limits);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or OverflowException)
        {
            throw new InputException("the file is damaged or incomplete: the directory of its zip file cannot be read", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _zip.Dispose();

    /// <summary>Returns the name of the main part.</summary>
    /// <exception cref="InputException">The zip file is something else than a Word document.</exception>
    internal string MainPart()
    {
        foreach ((string type, string target) in Relations("_rels/.rels", ""))
        {
            if (type == "officeDocument" && _parts.ContainsKey(target))
            {
                return target;
            }
        }
        return _parts.ContainsKey("word/document.xml") ? "word/document.xml"
            : throw new InputException("the zip file holds no Word document");
    }

    /// <summary>Returns the part that another refers to.</summary>
    /// <param name="main">Name of the referring part.</param>
    /// <param name="type">Last word of the relation's type, for example "footnotes".</param>
    /// <returns>Null for none.</returns>
    internal string? PartOf(string main, string type)
    {
        string folder = main[..(main.LastIndexOf('/') + 1)];
        string target = Relations($"{folder}_rels/{main[folder.Length..]}.rels", folder).FirstOrDefault(r => r.Type == type).Target
            ?? $"{folder}{type}.xml";
        return _parts.ContainsKey(target) ? target : null;
    }

    /// <summary>Opens a part as XML without document type and without access to anything outside.</summary>
    internal XmlReader Read(string name)
    {
        long limit = Math.Min(_limits.PartBytes, _limits.UnpackedBytes - _unpacked);
        ZipArchiveEntry entry = _parts[name];
        _unpacked += Math.Clamp(entry.Length, 0, limit);
        XmlReaderSettings settings = new()
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            CheckCharacters = false, // control characters are left out of the text later
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            CloseInput = true,
        };
        return XmlReader.Create(new LimitedStream(entry.Open(), name, limit), settings);
    }

    /// <summary>Returns the type (its last word) and target of each relation of a part; none if they are missing or damaged.</summary>
    List<(string Type, string Target)> Relations(string name, string folder)
    {
        List<(string Type, string Target)> found = [];
        if (!_parts.ContainsKey(name))
        {
            return found;
        }
        try
        {
            using XmlReader xml = Read(name);
            while (xml.Read())
            {
                if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "Relationship" && xml.GetAttribute("TargetMode") != "External")
                {
                    string type = xml.GetAttribute("Type") ?? "", target = xml.GetAttribute("Target") ?? "";
                    found.Add((type[(type.LastIndexOf('/') + 1)..], Resolve(target, folder)));
                }
            }
        }
        catch (Exception e) when (e is XmlException or InvalidDataException)
        {
            // The usual names are tried instead.
        }
        return found;
    }

    static string Resolve(string target, string folder)
    {
        string path = Uri.UnescapeDataString(target.Replace('\\', '/'));
        List<string> parts = [];
        foreach (string part in (path.StartsWith('/') ? path : folder + path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(parts.Count - 1, 0), Math.Min(parts.Count, 1));
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }
        return string.Join('/', parts);
    }

    /// <summary>Returns whether a compound file holds an encrypted package (MS-OFFCRYPTO, 2.3.4.4).</summary>
    static bool IsEncrypted(Stream file)
    {
        const int Looked = 1 << 20;
        byte[] bytes = new byte[(int)Math.Min(file.Length, Looked)];
        byte[] name = Encoding.Unicode.GetBytes("EncryptedPackage");
        foreach (long from in (long[])[0, file.Length - bytes.Length])
        {
            file.Position = from;
            file.ReadExactly(bytes);
            if (bytes.AsSpan().IndexOf(name) >= 0)
            {
                return true;
            }
        }
        return false;
    }
}
