using System.Globalization;
using System.Net;
using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Hub;

/// <summary>Represents a file on a server.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Bytes">Its size; null if unknown.</param>
/// <param name="Checksum">Its checksum; null if unknown.</param>
public sealed record WebFile(Uri Address, long? Bytes, FileChecksum? Checksum)
{
    /// <summary>Name in messages.</summary>
    internal string Name => WebRequests.Name(Address);
}

/// <summary>
/// Downloads files: a download is resumed after a stop, tried again after a fault, and gets its name once its checksum is right.
/// </summary>
/// <remarks>The unfinished file has the suffix ".incomplete". One process at a time writes it.</remarks>
public sealed class FileDownloads : IDisposable
{
    const string Suffix = ".incomplete";
    const int MaxAttempts = 5;

    static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(2);

    readonly WebRequests _requests;

    /// <summary>Creates downloads that send no token.</summary>
    public FileDownloads()
        : this(new WebRequests(null, usesProxy: true))
    {
    }

    /// <summary>Creates downloads.</summary>
    /// <param name="requests">Disposed with this object.</param>
    internal FileDownloads(WebRequests requests) => _requests = requests;

    /// <summary>Wait after the first failed attempt; it doubles with each further one.</summary>
    internal TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Downloads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Where to store it; missing folders are created, an existing file is replaced.</param>
    /// <param name="progress">Receives the number of bytes that are present.</param>
    /// <param name="cancel">Stops the download; the next call resumes it.</param>
    /// <exception cref="InputException">The server does not send the file, or sends another one.</exception>
    /// <exception cref="InUseException">Another process downloads the same file.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task Get(WebFile file, string path, Action<long>? progress, CancellationToken cancel)
    {
        string partial = path + Suffix;
        string? damage;
        using (FileStream stream = ExclusiveFile.Open(partial))
        {
            bool wasBegun = stream.Length > 0;
            damage = await FillAndCheck(file, stream, progress, cancel).ConfigureAwait(false);
            if (damage is not null && wasBegun) // the beginning may be that of another version
            {
                stream.SetLength(0);
                damage = await FillAndCheck(file, stream, progress, cancel).ConfigureAwait(false);
            }
            stream.Flush(flushToDisk: true);
        }
        if (damage is not null)
        {
            File.Delete(partial);
            throw new InputException(
                $"{file.Name} is damaged: {damage}. Nothing was stored; run the command again, or use another source.");
        }
        File.Move(partial, path, overwrite: true);
    }

    /// <summary>Returns the bytes that an interrupted download has stored.</summary>
    internal static long Stored(string path) => new FileInfo(path + Suffix) is { Exists: true } partial ? partial.Length : 0;

    /// <summary>Sends a request for a small answer and returns it whole.</summary>
    /// <exception cref="DownloadRefusedException">The server refuses it.</exception>
    /// <exception cref="InputException">The server cannot be reached, or the answer is too large.</exception>
    internal async Task<byte[]> Text(Uri address, int mostBytes, CancellationToken cancel)
    {
        using MemoryStream text = new();
        await Fill(new(address, null, null), text, mostBytes, null, cancel).ConfigureAwait(false);
        return text.ToArray();
    }

    /// <summary>Asks for the size and checksum of a file.</summary>
    /// <exception cref="InputException">The server does not answer, or refuses.</exception>
    internal async Task<WebFile> Describe(Uri address, CancellationToken cancel)
    {
        WebFile? described = null;
        await Retry(new(address, null, null), () => 0, async () =>
        {
            using HttpResponseMessage response = await _requests.Send(HttpMethod.Head, address, 0, cancel).ConfigureAwait(false);
            string? linked = Header(response, WebRequests.LinkedTag);
            Require(response, address, acceptsRedirect: linked is not null);
            long? bytes = linked is null ? response.Content.Headers.ContentLength
                : long.TryParse(Header(response, "X-Linked-Size"), CultureInfo.InvariantCulture, out long size) ? size
                : null;
            described = new(address, bytes, FileChecksum.TryParse(linked ?? Header(response, "ETag")));
        }, cancel).ConfigureAwait(false);
        return described!;
    }

    /// <inheritdoc/>
    public void Dispose() => _requests.Dispose();

    async Task<string?> FillAndCheck(WebFile file, FileStream stream, Action<long>? progress, CancellationToken cancel)
    {
        await Fill(file, stream, file.Bytes ?? long.MaxValue, progress, cancel).ConfigureAwait(false);
        if (file.Checksum is not { } checksum)
        {
            return null;
        }
        string found = await checksum.Compute(stream, cancel).ConfigureAwait(false);
        return found == checksum.Value ? null : $"its {checksum.Kind} is {found}, expected {checksum.Value}";
    }

    Task Fill(WebFile file, Stream stream, long mostBytes, Action<long>? progress, CancellationToken cancel) =>
        Retry(file, () => stream.Length, () => Append(file, stream, mostBytes, progress, cancel), cancel);

    /// <summary>Repeats an attempt that fails, but gives up after several that bring no further byte.</summary>
    async Task Retry(WebFile file, Func<long> stored, Func<Task> attempt, CancellationToken cancel)
    {
        for (int failures = 0; ;)
        {
            long before = stored();
            try
            {
                await attempt().ConfigureAwait(false);
                return;
            }
            catch (DownloadFault fault)
            {
                failures = stored() > before ? 1 : failures + 1;
                if (failures == MaxAttempts || (fault.IsUnreachable && before == 0 && failures > 1))
                {
                    throw new InputException(
                        $"{file.Name} could not be downloaded: {fault.Message}. Check the connection, then run the command again"
                            + (stored() > 0 ? $"; it resumes after {stored()} bytes." : "."),
                        fault);
                }
                TimeSpan wait = Pause * (1 << (failures - 1));
                wait = fault.Wait > wait ? fault.Wait : wait;
                await Task.Delay(wait < s_longestWait ? wait : s_longestWait, cancel).ConfigureAwait(false);
            }
        }
    }

    async Task Append(WebFile file, Stream stream, long mostBytes, Action<long>? progress, CancellationToken cancel)
    {
        if (stream.Length > mostBytes)
        {
            stream.SetLength(0);
        }
        if (stream.Length == file.Bytes)
        {
            progress?.Invoke(stream.Length);
            return;
        }
        using HttpResponseMessage response =
            await _requests.Send(HttpMethod.Get, file.Address, stream.Length, cancel).ConfigureAwait(false);
        if (stream.Length > 0 && !Continues(response, stream.Length, file.Bytes))
        {
            stream.SetLength(0);
            if (response.StatusCode is HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                throw new DownloadFault("the server cannot resume it");
            }
        }
        Require(response, file.Address);
        stream.Position = stream.Length;
        long? end = file.Bytes ?? stream.Length + response.Content.Headers.ContentLength;
        using Stream body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        byte[] buffer = new byte[1 << 17];
        int read;
        while ((read = await _requests.Read(body, buffer, cancel).ConfigureAwait(false)) > 0)
        {
            if (stream.Length + read > mostBytes)
            {
                throw new InputException($"{file.Name} is larger than the {mostBytes} bytes that were expected; use another source.");
            }
            await stream.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            progress?.Invoke(stream.Length);
        }
        if (end is { } expected && stream.Length < expected)
        {
            throw new DownloadFault($"it ended after {stream.Length} of {expected} bytes");
        }
    }

    /// <summary>Returns whether an answer holds the bytes from a position on, of a file of the expected size.</summary>
    static bool Continues(HttpResponseMessage response, long from, long? bytes) =>
        response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange is { } range && range.From == from
        && (bytes is null || range.Length is null || range.Length == bytes);

    static void Require(HttpResponseMessage response, Uri address, bool acceptsRedirect = false)
    {
        HttpStatusCode status = response.StatusCode;
        if (response.IsSuccessStatusCode || (acceptsRedirect && (int)status is >= 300 and < 400))
        {
            return;
        }
        if (status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        {
            throw new DownloadFault($"the server answered {(int)status}") { Wait = response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero };
        }
        throw new DownloadRefusedException(address, status, Header(response, "X-Error-Code"));
    }

    static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
}
