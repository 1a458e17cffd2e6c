using System.Globalization;
using System.Text;
using System.Text.Json;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Runs;

/// <summary>Reads and continues files with one JSON value per line. A kill may have left the last line incomplete.</summary>
public static class JsonLines
{
    /// <summary>Opens a file at its end and removes an incomplete last line. Other processes may read it meanwhile.</summary>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    public static FileStream OpenAtEnd(string path)
    {
        FileStream file = new(RegularFile.Require(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        byte[] buffer = new byte[4096];
        long end = file.Length;
        while (end > 0)
        {
            int count = (int)Math.Min(buffer.Length, end);
            file.Position = end - count;
            file.ReadExactly(buffer, 0, count);
            int newline = buffer.AsSpan(0, count).LastIndexOf((byte)'\n');
            if (newline >= 0)
            {
                end += newline + 1 - count;
                break;
            }
            end -= count;
        }
        file.SetLength(end);
        file.Position = end;
        return file;
    }

    /// <summary>Reads the complete lines of a file, even while it is written; none if there is no file.</summary>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    internal static string[] ReadComplete(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }
        using FileStream file = new(RegularFile.Require(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using StreamReader reader = new(file, Encoding.UTF8);
        string text = reader.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>What to do about a damaged line, as the end of a sentence.</summary>
    internal const string Advice = "remove the line or the file";

    /// <summary>Reads and parses the complete lines of a file.</summary>
    /// <typeparam name="T">Type of a line.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="parse">Parses a line.</param>
    /// <param name="advice">What to do about a damaged line, as the end of a sentence.</param>
    /// <exception cref="InputException">A line is damaged.</exception>
    public static IReadOnlyList<T> Read<T>(string path, Func<string, T> parse, string advice = Advice) =>
        [.. ReadComplete(path).Select((line, i) => Parse(line, i + 1, path, parse, advice))];

    /// <summary>Parses a line.</summary>
    /// <exception cref="InputException">The line is damaged.</exception>
    internal static T Parse<T>(string line, int number, string path, Func<string, T> parse, string advice)
    {
        try
        {
            return parse(line) ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"{path}:{number} is damaged; {advice}."), e);
        }
    }
}

/// <summary>Provides settings for JSON that only this toolkit writes: a missing or null property is damage.</summary>
static class StrictJson
{
    /// <summary>Names are written as in C#.</summary>
    internal static JsonSerializerOptions Plain { get; } = new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Names are written in snake case.</summary>
    internal static JsonSerializerOptions SnakeCase { get; } = new(Plain) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}
