using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Farsight.Engine.Files;

namespace Farsight.Evaluation.Core;

/// <summary>Represents the whole prompts of an evaluation: one compressed text for each, named by the hash that its record has.</summary>
/// <remarks>Records of examples have only the last words of their prompts, because prompts of long contexts are large.</remarks>
public static partial class PromptFiles
{
    /// <summary>Name of the folder beside examples.jsonl.</summary>
    public const string FolderName = "prompts";

    const int MostCharacters = 64 << 20; // more than any window; a damaged file cannot fill the memory

    /// <summary>Returns the name of a prompt's file below the evaluation's folder; null where the text is not a hash.</summary>
    /// <param name="sha256">As <see cref="EvalRecord.PromptSha256"/>.</param>
    public static string? NameOf(string sha256) => Hash().IsMatch(sha256) ? $"{FolderName}/{sha256}.txt.gz" : null;

    /// <summary>Writes a prompt unless its file exists.</summary>
    /// <param name="directory">The evaluation's folder.</param>
    /// <param name="sha256">As <see cref="EvalRecord.PromptSha256"/>.</param>
    /// <param name="text">Returns the prompt.</param>
    internal static void Write(string directory, string sha256, Func<string> text)
    {
        if (NameOf(sha256) is { } name && Path.Combine(directory, name) is var path && !File.Exists(path))
        {
            // Whole or not at all after a kill. Not flushed to the disk, which takes longer than many an answer.
            byte[] bytes = Encoding.UTF8.GetBytes(text());
            string temporary = $"{path}.{Environment.ProcessId}.tmp";
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (GZipStream compressed = new(File.Create(temporary), CompressionLevel.Optimal))
            {
                compressed.Write(bytes);
            }
            File.Move(temporary, path, overwrite: true);
        }
    }

    /// <summary>Reads a file of a prompt.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static string Read(string path)
    {
        using FileStream file = RegularFile.OpenRead(path);
        using GZipStream whole = new(file, CompressionMode.Decompress);
        using StreamReader reader = new(whole, Encoding.UTF8);
        StringBuilder text = new();
        char[] buffer = new char[1 << 16];
        for (int count; text.Length <= MostCharacters && (count = reader.Read(buffer)) > 0;)
        {
            text.Append(buffer, 0, count);
        }
        return text.Length <= MostCharacters ? text.ToString()
            : throw new InvalidDataException($"{path} has more than {MostCharacters} characters, more than a prompt.");
    }

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex Hash();
}
