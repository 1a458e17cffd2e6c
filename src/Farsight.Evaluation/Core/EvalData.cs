using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;
using ICSharpCode.SharpZipLib.BZip2;

namespace Farsight.Evaluation.Core;

/// <summary>Reads the user's folder of data sets, templates and word lists: one folder per benchmark.</summary>
/// <remarks>A file may be there as it is, or compressed with .gz or .bz2 behind its name. Paths have
/// slashes and are relative to the folder.</remarks>
/// <param name="root">The folder; null for none.</param>
public sealed class EvalData(string? root)
{
    /// <summary>The environment variable that holds the folder where no folder is given.</summary>
    public const string Variable = "FARSIGHT_EVALDATA";

    /// <summary>What to do about a damaged file.</summary>
    internal const string Advice = "get the file again ('farsight eval data' shows where)";

    static readonly string[] s_endings = ["", ".gz", ".bz2"];

    /// <summary>No folder; no file exists in it.</summary>
    public static EvalData None { get; } = new(null);

    /// <summary>Opens the given folder, or else that of <see cref="Variable"/>, or none.</summary>
    public static EvalData At(string? named) =>
        new(named ?? (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null));

    /// <summary>The folder; null for none.</summary>
    public string? Root => root;

    /// <summary>Returns whether a file, compressed or not, or a folder exists.</summary>
    public bool Exists(string path) => PathOf(path) is not null;

    /// <summary>Returns whether a task's file exists, or another that is read in its place.</summary>
    public bool Exists(EvalDataFile file) => PathRead(file) is not null;

    /// <summary>Returns whether a task's file or its equal exists, not only a substitute.</summary>
    internal bool HasOriginal(EvalDataFile file) => PathRead(file) is { } read && read != file.Substitute;

    /// <summary>Returns which of a task's file and its alternatives is read; null where all are missing.</summary>
    internal string? PathRead(EvalDataFile file) =>
        file.Or is { } other && Exists(other) ? other
        : Exists(file.Path) ? file.Path
        : file.Substitute is { } substitute && Exists(substitute) ? substitute
        : null;

    /// <summary>Returns the path of a file or folder; null where it is missing.</summary>
    public string? PathOf(string path) => root is null
        ? null
        : s_endings.Select(ending => Path.Combine(root, path) + ending).FirstOrDefault(Path.Exists);

    /// <summary>Returns the names of a folder's files, sorted, without the endings of compressed ones.</summary>
    /// <exception cref="InputException">The folder is missing.</exception>
    public IReadOnlyList<string> Files(string folder) =>
        [
            .. Directory
                .GetFiles(Found(folder))
                .Select(f => Path.GetFileName(f)!)
                .Select(f =>
                    s_endings.Skip(1).FirstOrDefault(e => f.EndsWith(e, StringComparison.Ordinal)) is { } ending ? f[..^ending.Length] : f)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Opens a file for reading, and decompresses it.</summary>
    /// <exception cref="InputException">It is missing.</exception>
    public Stream Open(string path)
    {
        string found = Found(path);
        FileStream file = RegularFile.OpenRead(found);
        return Path.GetExtension(found) switch
        {
            ".gz" when !path.EndsWith(".gz", StringComparison.Ordinal) => new GzipFileStream(file),
            ".bz2" when !path.EndsWith(".bz2", StringComparison.Ordinal) => Whole(file, path),
            _ => file,
        };
    }

    /// <summary>Decompresses a whole bzip2 file, which may consist of several streams.</summary>
    static MemoryStream Whole(FileStream file, string path)
    {
        MemoryStream content = new();
        using (file)
        {
            try
            {
                byte[] head = new byte[4];
                while (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) is > 0 and var read)
                {
                    if (read < head.Length || !head.AsSpan(0, 3).SequenceEqual("BZh"u8) || head[3] is < (byte)'1' or > (byte)'9')
                    {
                        throw new InvalidDataException("This is not bzip2 data."); // which the library takes for an empty stream
                    }
                    file.Position -= head.Length;
                    using BZip2InputStream stream = new(file) { IsStreamOwner = false };
                    stream.CopyTo(content);
                }
            }
            catch (Exception e) when (e is BZip2Exception or InvalidDataException or EndOfStreamException or IndexOutOfRangeException)
            {
                throw Damaged(path, e.Message, e);
            }
        }
        content.Position = 0;
        return content;
    }

    /// <summary>Reads a file as text.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public string ReadText(string path)
    {
        try
        {
            using StreamReader reader = new(Open(path));
            return reader.ReadToEnd();
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, e.Message, e);
        }
    }

    /// <summary>Reads the lines of a file, without their ends.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public IEnumerable<string> ReadLines(string path)
    {
        using StreamReader reader = new(Open(path));
        while (Next() is { } line)
        {
            yield return line;
        }

        string? Next()
        {
            try
            {
                return reader.ReadLine();
            }
            catch (InvalidDataException e)
            {
                throw Damaged(path, e.Message, e);
            }
        }
    }

    /// <summary>Reads a file as JSON.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public JsonElement ReadJson(string path)
    {
        try
        {
            return JsonElement.Parse(ReadText(path));
        }
        catch (JsonException e)
        {
            throw Damaged(path, e.Message, e);
        }
    }

    /// <summary>Reads the lines of a JSONL file; empty lines are left out.</summary>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public IEnumerable<JsonElement> ReadJsonLines(string path)
    {
        int number = 0;
        foreach (string line in ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Parse(line);
            }
        }

        JsonElement Parse(string line)
        {
            try
            {
                return JsonElement.Parse(line);
            }
            catch (JsonException e)
            {
                throw Damaged($"{path}:{number}", e.Message, e);
            }
        }
    }

    string Found(string path) =>
        PathOf(path)
        ?? throw new InputException(
            root is null
                ? $"{path} is required; set Data or the environment variable {Variable} to the folder of the benchmarks' data ('farsight "
                    + "eval data' lists its files)."
                : $"{Path.Combine(root, path)} is missing; 'farsight eval data' shows where to get it.");

    static InputException Damaged(string path, string what, Exception inner) =>
        new($"{path} is damaged: {what} Get it again ('farsight eval data' shows where).", inner);
}
