using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Farsight.Server.Protocol;
using Microsoft.AspNetCore.Connections;

namespace Farsight.Server.Hosting;

/// <summary>Gives a body in OpenAI's format to the errors that Kestrel sends itself, before there is a request.</summary>
/// <remarks>Kestrel's errors have an empty body, and no other reply of this server with such a status has one.</remarks>
/// <param name="inner">The connection's output.</param>
sealed class FramingErrors(PipeWriter inner) : PipeWriter
{
    const string EmptyBody = "Content-Length: 0\r\n";

    readonly ArrayBufferWriter<byte> _written = new();

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _written.WrittenCount;

    /// <summary>Runs a connection whose framing errors have a body.</summary>
    internal static Task Run(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Transport = new Duplex(connection.Transport.Input, new FramingErrors(connection.Transport.Output));
        return next(connection);
    }

    /// <inheritdoc/>
    public override void Advance(int bytes) => _written.Advance(bytes);

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0) => _written.GetMemory(sizeHint);

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => _written.GetSpan(sizeHint);

    /// <inheritdoc/>
    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        PassOn();
        inner.Complete(exception);
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        PassOn();
        return inner.FlushAsync(cancellationToken);
    }

    void PassOn()
    {
        if (_written.WrittenCount > 0)
        {
            byte[]? changed = WithBody(_written.WrittenSpan);
            inner.Write(changed is null ? _written.WrittenSpan : changed);
            _written.ResetWrittenCount();
        }
    }

    /// <summary>Returns an error with its body; null for another reply.</summary>
    static byte[]? WithBody(ReadOnlySpan<byte> reply)
    {
        if (!(reply.StartsWith("HTTP/1.1 4"u8) || reply.StartsWith("HTTP/1.1 5"u8)) || reply.IndexOf("Content-Length: 0\r\n"u8) < 0)
        {
            return null;
        }
        string head = Encoding.ASCII.GetString(reply);
        int status = int.Parse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture);
        ApiException error = new(status, status switch
        {
            408 => "The request arrived too slowly: its headers exceeded the server's time limit. Send it again.",
            413 => "The request is larger than the server's limit; send a shorter one.",
            414 => "The address of the request is longer than the server's limit; use a shorter one.",
            431 => "The headers of the request are larger than the server's limit; send fewer or shorter ones.",
            505 => "The HTTP version is not supported; use HTTP/1.1.",
            _ => "The request is not valid HTTP; send a correct HTTP/1.1 request.",
        });
        byte[] body = JsonBody.Write(error.Body);
        string headers = string.Create(
            CultureInfo.InvariantCulture, $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n");
        return [.. Encoding.ASCII.GetBytes(head.Replace(EmptyBody, headers, StringComparison.Ordinal)), .. body];
    }
}

/// <summary>Combines the two directions of a connection.</summary>
sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
