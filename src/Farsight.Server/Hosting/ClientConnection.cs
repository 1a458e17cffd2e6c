using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Hosting;

/// <summary>Distinguishes a client that has gone from one that closed only its sending half and still waits for its answer.</summary>
/// <remarks>
/// Kestrel ends a request in both cases. Here, a connection whose other half is open lives on until writing to it fails. Before a reply
/// begins, that is tried with "102 Processing", which clients skip (RFC 9110, section 15.2; RFC 2518, section 10.1).
/// </remarks>
/// <param name="connection">The connection.</param>
sealed class ClientConnection(ConnectionContext connection)
{
    static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);
    static readonly byte[] s_probe = Encoding.ASCII.GetBytes("HTTP/1.1 102 Processing\r\n\r\n");

    readonly Lock _access = new();
    bool _canProbe;

    /// <summary>Returns the connection of a request; null outside of Kestrel.</summary>
    internal static ClientConnection? Of(HttpContext context) => context.Features.Get<ClientConnection>();

    /// <summary>Runs the connection.</summary>
    internal async Task Run(ConnectionDelegate next)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            await next(connection).ConfigureAwait(false);
            return;
        }
        CancellationToken closed = connection.ConnectionClosed;
        connection.Features.Set(this);
        using CancellationTokenSource gone = new();
        connection.ConnectionClosed = gone.Token;
        connection.Transport = new Duplex(new OpenInput(connection.Transport.Input), connection.Transport.Output);
        TaskCompletionSource ended = new();
        Task watch = Watch(socket, gone, ended.Task, closed);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            ended.SetResult();
            await watch.ConfigureAwait(false);
        }
    }

    /// <summary>Begins a request of the connection.</summary>
    internal void Begin(HttpContext request)
    {
        lock (_access)
        {
            _canProbe = HttpProtocol.IsHttp11(request.Request.Protocol); // older clients know no 1xx
        }
        request.Response.OnStarting(() =>
        {
            lock (_access)
            {
                _canProbe = false;
            }
            return Task.CompletedTask;
        });
    }

    /// <summary>Ends the request.</summary>
    internal void End()
    {
        lock (_access)
        {
            _canProbe = false;
        }
    }

    async Task Watch(Socket socket, CancellationTokenSource gone, Task ended, CancellationToken closed)
    {
        TaskCompletionSource half = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = closed.Register(half.SetResult);
        await Task.WhenAny(half.Task, ended).ConfigureAwait(false);
        while (!ended.IsCompleted)
        {
            if (!IsOpen(socket))
            {
                await gone.CancelAsync().ConfigureAwait(false);
                return;
            }
            await Task.WhenAny(Task.Delay(s_interval, CancellationToken.None), ended).ConfigureAwait(false);
        }
    }

    bool IsOpen(Socket socket)
    {
        try
        {
            lock (_access)
            {
                if (_canProbe)
                {
                    socket.Send(s_probe, SocketFlags.None);
                }
            }
            return socket.Connected
                && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0
                && !socket.Poll(0, SelectMode.SelectError);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}

/// <summary>
/// Hides the end of an input from Kestrel until all of its bytes were read: Kestrel refuses a whole body that ends with it.
/// </summary>
/// <param name="inner">The connection's input.</param>
sealed class OpenInput(PipeReader inner) : PipeReader
{
    ReadOnlySequence<byte> _last;
    long _seen; // bytes that the reader examined and left

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seen = _last.Slice(consumed, examined).Length;
        inner.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <inheritdoc/>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Shown(await inner.ReadAsync(cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        bool isRead = inner.TryRead(out ReadResult read);
        result = isRead ? Shown(read) : read;
        return isRead;
    }

    ReadResult Shown(ReadResult result)
    {
        _last = result.Buffer;
        return new(result.Buffer, result.IsCanceled, result.IsCompleted && result.Buffer.Length <= _seen);
    }
}
