using Farsight.Engine;
using Farsight.Engine.Files;

namespace Farsight.Alignment.Runs;

/// <summary>Reads the lines that were appended to a file since the last look. Another process may write the file meanwhile.</summary>
/// <remarks>An incomplete last line is left for the next look. A file that was shortened or replaced is read from its start.</remarks>
/// <param name="path">The file, which may not exist yet.</param>
public sealed class GrowingLines(string path)
{
    const int BufferBytes = 1 << 20, TailBytes = 128;

    long _read; // bytes of complete lines that were handed out
    byte[] _tail = []; // the last of these bytes, to notice a replaced file

    /// <summary>Reads the new lines.</summary>
    /// <param name="restart">Called before the lines when the file is read from its start again.</param>
    /// <param name="line">Receives each new line.</param>
    /// <exception cref="InputException">The path is a pipe, socket or device.</exception>
    public void Read(Action restart, LineReader line)
    {
        if (!File.Exists(path))
        {
            if (_read > 0)
            {
                Restart(restart);
            }
            return;
        }
        using FileStream file = new(
            RegularFile.Require(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (_read > 0 && !Continues(file))
        {
            Restart(restart);
        }
        file.Position = _read;
        ReadFrom(file, line);
    }

    /// <summary>Forgets what was read, so that the next look begins at the start of the file.</summary>
    public void Restart() => (_read, _tail) = (0, []);

    void Restart(Action restart)
    {
        Restart();
        restart();
    }

    bool Continues(FileStream file)
    {
        if (file.Length < _read)
        {
            return false;
        }
        byte[] now = new byte[_tail.Length];
        file.Position = _read - now.Length;
        file.ReadExactly(now);
        return now.AsSpan().SequenceEqual(_tail);
    }

    void ReadFrom(FileStream file, LineReader line)
    {
        byte[] buffer = new byte[(int)Math.Clamp(file.Length - _read + 1, 1, BufferBytes)];
        int filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, checked(2 * buffer.Length)); // one line is longer than the buffer
            }
            int count = file.Read(buffer.AsSpan(filled));
            if (count == 0)
            {
                return;
            }
            filled += count;
            int start = 0;
            for (int end; (end = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0; start += end + 1)
            {
                line(buffer.AsSpan(start, end));
            }
            if (start > 0)
            {
                _tail = buffer[Math.Max(0, start - TailBytes)..start];
                _read += start;
                buffer.AsSpan(start, filled - start).CopyTo(buffer);
                filled -= start;
            }
        }
    }
}

/// <summary>Receives a line without its line break.</summary>
public delegate void LineReader(ReadOnlySpan<byte> line);
