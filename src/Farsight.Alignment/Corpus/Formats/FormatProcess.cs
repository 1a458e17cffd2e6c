using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Farsight.Alignment.Corpus.Reading;
using Farsight.Engine;

namespace Farsight.Alignment.Corpus.Formats;

/// <summary>Reads files of document formats in a process of their own, whose memory and time are bounded.</summary>
/// <remarks>
/// The libraries that parse these formats have overflowed the stack, looped and exhausted the memory on damaged files. .NET can catch
/// neither of the first two, so a program that must survive any file reads it elsewhere. The process reads one file after the other. It
/// ends itself when a file takes too much time, and the next file starts a new one.
/// </remarks>
public sealed class FormatProcess : IDisposable
{
    /// <summary>Exit code of a process that a file took too much time of.</summary>
    const int TimeExceeded = 75;

    const long HeapBytes = 512L << 20;
    const int EndingMilliseconds = 5000;

    // CPU seconds of a file. A slow machine needs 2 for a small one, and 1 MB of text takes less than 1.
    const double LeastSeconds = 10, SecondsPerMegabyte = 5;

    static readonly Lock s_gate = new();
    static FormatProcess? s_current;

    readonly Process _process;
    readonly BinaryReader _answers;
    readonly BinaryWriter _requests;

    /// <summary>Starts the process.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <exception cref="NotStartedException">It does not start.</exception>
    internal FormatProcess(IReadOnlyList<string> command)
    {
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapBytes.ToString("X", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcServer"] = start.Environment["DOTNET_gcConcurrent"] = "0";
        _process = Start(start);
        _process.ErrorDataReceived += (_, _) => { }; // the stack of a crash, which is reported by its exit code
        _process.BeginErrorReadLine();
        _answers = new(_process.StandardOutput.BaseStream, Encoding.UTF8);
        _requests = new(_process.StandardInput.BaseStream, Encoding.UTF8);
        if (Failure() is { } failure)
        {
            string code = _process.WaitForExit(EndingMilliseconds)
                ? string.Create(CultureInfo.InvariantCulture, $"ended with exit code {_process.ExitCode}") : "does not answer";
            Dispose();
            throw NotStarted(start.FileName, code, failure);
        }
    }

    /// <summary>
    /// Gets or sets the program and arguments that call <see cref="Serve"/>. Default: null, which reads in the process of the caller.
    /// </summary>
    public static IReadOnlyList<string>? Command { get; set; }

    /// <summary>Reads the text of a file with the named reader.</summary>
    /// <exception cref="InputException">The file is refused, or the process ended. The message does not name the file.</exception>
    /// <exception cref="NotStartedException">The process does not start.</exception>
    internal static FormattedText Read(string path, string reader)
    {
        using Lock.Scope scope = s_gate.EnterScope();
        s_current ??= new(Command!);
        try
        {
            return s_current.Ask(path, reader);
        }
        catch (InputException e) when (e.InnerException is IOException)
        {
            s_current.Dispose();
            s_current = null;
            throw;
        }
    }

    /// <summary>Reads files as requested on standard input, until it is closed.</summary>
    /// <param name="input">Receives the requests.</param>
    /// <param name="output">Takes the texts.</param>
    public static void Serve(Stream input, Stream output)
    {
        using BinaryReader requests = new(input, Encoding.UTF8);
        using BinaryWriter answers = new(new BufferedStream(output), Encoding.UTF8);
        using Watch watch = new();
        answers.Write(true); // ready
        answers.Flush();
        while (Next(requests) is { } path)
        {
            string name = requests.ReadString();
            IFormatReader reader = FormatReaders.All.Single(r => r.Name == name);
            watch.Begin(new FileInfo(path).Length);
            Answer(path, reader, answers);
            watch.End();
        }
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
        _answers.Dispose();
    }

    static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or PlatformNotSupportedException)
        {
            throw NotStarted(start.FileName, e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>Waits for the mark that the process is able to read; null if it comes.</summary>
    IOException? Failure()
    {
        try
        {
            _ = _answers.ReadBoolean();
            return null;
        }
        catch (IOException e)
        {
            return e;
        }
    }

    static NotStartedException NotStarted(string program, string why, Exception cause) => new(
        $"The process that reads document formats did not start ({program}: {why}); install Farsight again, or free memory and processes.",
        cause);

    static string? Next(BinaryReader requests)
    {
        try
        {
            return requests.ReadString();
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    static void Answer(string path, IFormatReader reader, BinaryWriter answers)
    {
        try
        {
            FormattedText text = FormattedDocument.Extract(new(Path.GetFileName(path), path, IsNamed: true), reader);
            answers.Write(true);
            answers.Write(text.Text);
            answers.Write(text.Marks.Count);
            foreach (TextMark mark in text.Marks)
            {
                answers.Write(mark.Offset);
                answers.Write(mark.Label);
            }
            answers.Write(text.Warnings.Count);
            foreach (string warning in text.Warnings)
            {
                answers.Write(warning);
            }
        }
        catch (InputException e)
        {
            answers.Write(false);
            answers.Write(e.Message);
        }
        catch (OutOfMemoryException)
        {
            answers.Write(false);
            answers.Write($"the file needs more than {HeapBytes >> 20} MiB of memory, which is the limit");
        }
        answers.Flush();
    }

    /// <summary>Has the process read a file.</summary>
    /// <exception cref="InputException">The file is refused; or the process ended, which the inner <see cref="IOException"/>
    /// shows.</exception>
    internal FormattedText Ask(string path, string reader)
    {
        try
        {
            _requests.Write(Path.GetFullPath(path));
            _requests.Write(reader);
            _requests.Flush();
            return _answers.ReadBoolean() ? ReadText() : throw new InputException(_answers.ReadString());
        }
        catch (IOException e)
        {
            throw new InputException(Ending(), e);
        }
    }

    FormattedText ReadText()
    {
        string text = _answers.ReadString();
        TextMark[] marks = new TextMark[_answers.ReadInt32()];
        for (int i = 0; i < marks.Length; i++)
        {
            marks[i] = new(_answers.ReadInt32(), _answers.ReadString());
        }
        string[] warnings = new string[_answers.ReadInt32()];
        for (int i = 0; i < warnings.Length; i++)
        {
            warnings[i] = _answers.ReadString();
        }
        return new(text, marks, warnings);
    }

    /// <summary>Returns why the process ended.</summary>
    string Ending()
    {
        return _process.WaitForExit(EndingMilliseconds) && _process.ExitCode == TimeExceeded
            ? "the file takes too much time to read; it may be damaged so that its parts refer to each other in a circle"
            : "the file is damaged: its reader failed, probably because its parts are nested too deep";
    }

    /// <summary>Represents a process that does not start, so that no file can be read.</summary>
    /// <param name="message">One sentence.</param>
    /// <param name="cause">The exception behind it.</param>
    internal sealed class NotStartedException(string message, Exception cause) : InputException(message, cause);

    /// <summary>Ends the process when a file takes too much processor time.</summary>
    sealed class Watch : IDisposable
    {
        readonly Lock _gate = new();
        readonly Timer _timer;
        TimeSpan? _until;

        internal Watch() => _timer = new(_ => Check(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        public void Dispose() => _timer.Dispose();

        internal void Begin(long bytes)
        {
            double seconds = LeastSeconds + (SecondsPerMegabyte * bytes / 1e6);
            using Lock.Scope scope = _gate.EnterScope();
            _until = Environment.CpuUsage.TotalTime + TimeSpan.FromSeconds(seconds);
        }

        internal void End()
        {
            using Lock.Scope scope = _gate.EnterScope();
            _until = null;
        }

        void Check()
        {
            using Lock.Scope scope = _gate.EnterScope();
            if (Environment.CpuUsage.TotalTime > _until)
            {
                Environment.Exit(TimeExceeded);
            }
        }
    }
}
