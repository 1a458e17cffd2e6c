using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Farsight.Server.Hosting;

/// <summary>Distinguishes a client that has gone from one that closed only its sending half and still waits for its answer.</summary>
/// <remarks>
/// Kestrel ends a request in both cases. Here, a connection whose other half is open lives on until writing to it fails. Before a reply
/// begins, that is tried with "102 Processing", which clients skip (RFC 9110, section 15.2).
/// </remarks>
/// <param name="connection">The connection.</param>
sealed class ClientConnection(ConnectionContext connection)
{
    static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);
    static readonly byte[] s_probe = Encoding.ASCII.GetBytes("HTTP/1.1 102 Processing\r\n\r\n");

    readonly Lock _access = new();
    readonly CancellationTokenSource _gone = new();
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
        connection.ConnectionClosed = _gone.Token;
        TaskCompletionSource ended = new();
        Task watch = Watch(socket, closed, ended.Task);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            ended.SetResult();
            await watch.ConfigureAwait(false);
            _gone.Dispose();
        }
    }

    /// <summary>Begins a request of the connection.</summary>
    internal void Begin(HttpContext request)
    {
        lock (_access)
        {
            _canProbe = true;
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

    async Task Watch(Socket socket, CancellationToken closed, Task ended)
    {
        TaskCompletionSource half = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = closed.Register(half.SetResult);
        await Task.WhenAny(half.Task, ended).ConfigureAwait(false);
        while (!ended.IsCompleted)
        {
            if (!IsOpen(socket))
            {
                await _gone.CancelAsync().ConfigureAwait(false);
                return;
            }
            await Task.WhenAny(Task.Delay(s_interval), ended).ConfigureAwait(false);
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
