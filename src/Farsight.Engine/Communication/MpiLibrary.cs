using System.Runtime.InteropServices;
using System.Text;

namespace Farsight.Engine.Communication;

/// <summary>Represents an MPI library of the system, with the functions and constants that its kind defines.</summary>
/// <remarks>
/// There are three kinds. Open MPI's handles are addresses of exported symbols (<c>ompi_mpi_comm_world</c>). MPICH and its descendants
/// (Intel MPI, MVAPICH, Cray MPICH) have integers with fixed values, of which a function reads the lower 32 bits. The standard ABI of
/// MPI 5 (libmpi_abi) has small constants; their source is the header of mpi-forum/mpi-abi-stubs.
/// </remarks>
public sealed unsafe class MpiLibrary
{
    /// <summary>Environment variable with the path or name of the library; it also makes a process use MPI without a launcher.</summary>
    public const string Variable = "FARSIGHT_MPI";

    const int MaxVersion = 8192; // MPI_MAX_LIBRARY_VERSION_STRING of MPICH and MPI 5, the largest
    const int MaxError = 1024;

    static readonly string[] s_openMpi = ["libmpi.so.40", "libmpi.40.dylib"];
    static readonly string[] s_mpich = ["libmpi.so.12", "libmpich.so.12", "libmpi.12.dylib"];
    static readonly string[] s_others =
        ["libmpi_abi.so.1", "libmpi_abi.so.0", "libmpi_abi.1.dylib", "libmpi_abi.0.dylib", "libmpi.so", "libmpi.dylib"];

    readonly delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int> _initialize;
    readonly delegate* unmanaged[Cdecl]<int> _finalize;
    readonly delegate* unmanaged[Cdecl]<nint, int, int> _abort;
    readonly delegate* unmanaged[Cdecl]<nint, int*, int> _rank, _size;
    readonly delegate* unmanaged[Cdecl]<nint, nint, int> _setErrorHandler;
    readonly delegate* unmanaged[Cdecl]<byte*, int, nint, int, int, nint, nint*, int> _send, _receive;
    readonly delegate* unmanaged[Cdecl]<nint*, int*, nint, int> _test;
    readonly delegate* unmanaged[Cdecl]<int, byte*, int*, int> _errorText;
    readonly nint _world, _bytes, _errorsReturn, _noStatus;
    readonly int _funneled;

    MpiLibrary(nint library, string name)
    {
        nint Export(string symbol) => NativeLibrary.GetExport(library, symbol);

        _initialize = (delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int>)Export("MPI_Init_thread");
        _finalize = (delegate* unmanaged[Cdecl]<int>)Export("MPI_Finalize");
        _abort = (delegate* unmanaged[Cdecl]<nint, int, int>)Export("MPI_Abort");
        _rank = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_rank");
        _size = (delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_size");
        _setErrorHandler = (delegate* unmanaged[Cdecl]<nint, nint, int>)Export("MPI_Comm_set_errhandler");
        _send = (delegate* unmanaged[Cdecl]<byte*, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        _receive = (delegate* unmanaged[Cdecl]<byte*, int, nint, int, int, nint, nint*, int>)Export("MPI_Irecv");
        _test = (delegate* unmanaged[Cdecl]<nint*, int*, nint, int>)Export("MPI_Test");
        _errorText = (delegate* unmanaged[Cdecl]<int, byte*, int*, int>)Export("MPI_Error_string");
        // Before the symbols, which the standard interface of a library may find in the library's own.
        if (Path.GetFileName(name).Contains("mpi_abi", StringComparison.Ordinal))
        {
            (_world, _bytes, _errorsReturn, _noStatus, _funneled) = (0x101, 0x247, 0x143, 0, 1024);
        }
        else if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _world))
        {
            (_bytes, _errorsReturn, _noStatus, _funneled) = (Export("ompi_mpi_byte"), Export("ompi_mpi_errors_return"), 0, 1);
        }
        else
        {
            (_world, _bytes, _errorsReturn, _noStatus, _funneled) = (0x44000000, 0x4c00010d, 0x54000001, 1, 1);
        }
        Version = VersionOf(library) ?? throw new EntryPointNotFoundException($"{name} has no MPI_Get_library_version.");
    }

    /// <summary>Name and version, as the library reports them.</summary>
    public string Version { get; }

    /// <summary>Names and versions of the libraries that the system finds, for people: "libmpi.so.40: Open MPI v4.1.4, …".</summary>
    public static IReadOnlyList<string> Installed =>
        [.. s_openMpi.Concat(s_mpich).Concat(s_others).Select(n => TryLoad(n) is { } l ? $"{n}: {l.Version}" : null).OfType<string>()];

    /// <summary>Returns whether a path or name is that of an MPI library.</summary>
    public static bool IsUsable(string name) => TryLoad(name) is not null;

    /// <summary>Loads the library of a launcher, or the one that <see cref="Variable"/> names.</summary>
    /// <param name="launcher">The launcher; null if only the variable asks for MPI.</param>
    /// <exception cref="InputException">No usable library was found.</exception>
    internal static MpiLibrary Load(Launcher? launcher)
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        string[] names = named is { Length: > 0 } ? [named]
            : launcher?.Name == Launcher.OpenMpi || Launcher.IsPmix ? [.. s_openMpi, .. s_others]
            : [.. s_mpich, .. s_openMpi, .. s_others];
        string found = launcher is null ? "" : $"The launcher ({launcher.Name}) started {launcher.Size} processes, but ";
        return names.Select(TryLoad).FirstOrDefault(l => l is not null) ?? throw new InputException(
            named is { Length: > 0 }
                ? $"{Variable} names '{named}', which is not a usable MPI library; give the path of libmpi.so, or unset the variable."
                : $"{found}no MPI library was found ({string.Join(", ", names)}); install the launcher's library, or give its path in "
                    + $"{Variable}.");
    }

    /// <summary>Starts MPI. The thread that calls it makes all further calls.</summary>
    internal void Initialize(out int rank, out int size)
    {
        int provided, itsRank, itsSize;
        Require(_initialize(null, null, _funneled, &provided), "MPI_Init_thread");
        Require(_setErrorHandler(_world, _errorsReturn), "MPI_Comm_set_errhandler");
        Require(_rank(_world, &itsRank), "MPI_Comm_rank");
        Require(_size(_world, &itsSize), "MPI_Comm_size");
        (rank, size) = (itsRank, itsSize);
    }

    /// <summary>Starts a message and returns its request.</summary>
    /// <exception cref="MpiException">MPI reports an error.</exception>
    internal nint Start(bool isSend, byte* data, int bytes, int peer, int tag)
    {
        nint request = 0;
        Require(
            isSend ? _send(data, bytes, _bytes, peer, tag, _world, &request) : _receive(data, bytes, _bytes, peer, tag, _world, &request),
            isSend ? "MPI_Isend" : "MPI_Irecv");
        return request;
    }

    /// <summary>Returns whether a message is complete; its request is no longer valid then.</summary>
    /// <exception cref="MpiException">MPI reports an error.</exception>
    internal bool IsComplete(nint request)
    {
        int done = 0;
        Require(_test(&request, &done, _noStatus), "MPI_Test");
        return done != 0;
    }

    internal void End() => Require(_finalize(), "MPI_Finalize");

    /// <summary>Asks the launcher to end all processes; returns only if that fails.</summary>
    internal void Abort(int code) => _ = _abort(_world, code);

    static MpiLibrary? TryLoad(string name)
    {
        KeepSignals();
        try
        {
            return NativeLibrary.TryLoad(name, out nint library) ? new(library, name) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // a library of another kind that has the name
        }
    }

    /// <summary>Keeps a part of some MPI libraries from handling the signals that .NET makes exceptions of.</summary>
    /// <remarks>
    /// UCX, which Open MPI and MPICH may load, ends the process at the signal of a null reference unless this variable is set before. It
    /// reads the environment of the C library, which .NET does not change.
    /// </remarks>
    static void KeepSignals()
    {
        if (
            OperatingSystem.IsLinux()
            && NativeLibrary.TryLoad("libc.so.6", out nint c)
            && NativeLibrary.TryGetExport(c, "setenv", out nint set))
        {
            fixed (byte* name = "UCX_ERROR_SIGNALS\0"u8, value = "\0"u8)
            {
                _ = ((delegate* unmanaged[Cdecl]<byte*, byte*, int, int>)set)(name, value, 0);
            }
        }
    }

    static string? VersionOf(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "MPI_Get_library_version", out nint function))
        {
            return null;
        }
        byte[] text = new byte[MaxVersion];
        int length;
        fixed (byte* start = text)
        {
            _ = ((delegate* unmanaged[Cdecl]<byte*, int*, int>)function)(start, &length);
        }
        string whole = Encoding.UTF8.GetString(text, 0, Math.Clamp(length, 0, MaxVersion));
        return string.Join(' ', whole.Split('\0', '\n', ',')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    void Require(int code, string function)
    {
        if (code != 0)
        {
            byte* text = stackalloc byte[MaxError];
            int length = 0;
            _ = _errorText(code, text, &length);
            throw new MpiException($"{function} failed: {Encoding.UTF8.GetString(text, Math.Clamp(length, 0, MaxError))}");
        }
    }
}

/// <summary>Reports an error of an MPI function.</summary>
/// <param name="message">Function and error.</param>
sealed class MpiException(string message) : Exception(message);
