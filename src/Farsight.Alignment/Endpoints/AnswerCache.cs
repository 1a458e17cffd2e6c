using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Endpoints;

/// <summary>Stores answers in a folder by the hash of their request, so that no answer is paid for twice.</summary>
/// <remarks>
/// Each answer is one file, in folders of two letters, written atomically; several processes can share a folder. A file holds the answer
/// and a hash over request and answer that detects damage. It holds neither the request nor the endpoint.
/// </remarks>
sealed class AnswerCache
{
    static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    readonly string _folder;

    /// <exception cref="InputException">The folder cannot be created.</exception>
    internal AnswerCache(string folder)
    {
        _folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The cache folder {folder} cannot be created: {e.Message.TrimEnd('.')}; use another folder.", e);
        }
    }

    /// <summary>Computes the name of a request: SHA-256 of its bytes, in hexadecimal.</summary>
    internal static string Hash(byte[] request) => Convert.ToHexStringLower(SHA256.HashData(request));

    /// <summary>Returns the file of a request.</summary>
    internal string PathOf(string hash) => Path.Combine(_folder, hash[..2], hash + ".json");

    /// <summary>Returns the answer to a request; null where there is none or where it is damaged.</summary>
    internal ChatAnswer? Find(string hash, out bool isDamaged)
    {
        string path = PathOf(hash);
        try
        {
            Entry? entry = JsonSerializer.Deserialize<Entry>(RegularFile.ReadAllBytes(path), s_json);
            isDamaged = entry?.Answer?.Text is null || entry.Check != Check(hash, entry.Answer);
            return isDamaged ? null : entry!.Answer;
        }
        catch (JsonException)
        {
            isDamaged = true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            isDamaged = false;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InputException(
                $"The cache file {path} cannot be read: {e.Message.TrimEnd('.')}; correct its permissions, or use another cache folder.",
                e);
        }
        return null;
    }

    internal void Keep(string hash, ChatAnswer answer) =>
        AtomicFile.Write(PathOf(hash), file => JsonSerializer.Serialize(file, new Entry(Check(hash, answer), answer), s_json));

    static string Check(string hash, ChatAnswer answer) => Hash(Encoding.UTF8.GetBytes(hash + JsonSerializer.Serialize(answer, s_json)));

    sealed record Entry(string? Check, ChatAnswer? Answer);
}
