using System.Diagnostics;

namespace Farsight.Tests.Support;

/// <summary>A library with the standard interface of MPI 5, which passes the calls on to Open MPI and accepts the standard's constants
/// only.</summary>
/// <remarks>Libraries with this interface are too new for most distributions. The constants are those of mpi.h in mpi-forum/mpi-abi-stubs.
/// </remarks>
static class StandardMpi
{
    const string Source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdint.h>
        #include <stdio.h>
        #define WORLD 0x101
        #define BYTE 0x247
        #define ERRORS_RETURN 0x143
        #define FUNNELED 1024
        #define WRONG 1
        static void *own(const char *name) {
            static void *library;
            if (!library) library = dlopen("libmpi.so.40", RTLD_NOW | RTLD_LOCAL);
            return dlsym(library, name);
        }
        int MPI_Init_thread(int *argc, char ***argv, int required, int *provided) {
            int (*f)(int *, char ***, int, int *) = own("MPI_Init_thread");
            int code = required == FUNNELED ? f(argc, argv, 1, provided) : WRONG;
            *provided = FUNNELED;
            return code;
        }
        int MPI_Finalize(void) { int (*f)(void) = own("MPI_Finalize"); return f(); }
        int MPI_Abort(intptr_t comm, int code) {
            int (*f)(void *, int) = own("MPI_Abort");
            return comm == WORLD ? f(own("ompi_mpi_comm_world"), code) : WRONG;
        }
        int MPI_Comm_rank(intptr_t comm, int *rank) {
            int (*f)(void *, int *) = own("MPI_Comm_rank");
            return comm == WORLD ? f(own("ompi_mpi_comm_world"), rank) : WRONG;
        }
        int MPI_Comm_size(intptr_t comm, int *size) {
            int (*f)(void *, int *) = own("MPI_Comm_size");
            return comm == WORLD ? f(own("ompi_mpi_comm_world"), size) : WRONG;
        }
        int MPI_Comm_set_errhandler(intptr_t comm, intptr_t handler) {
            int (*f)(void *, void *) = own("MPI_Comm_set_errhandler");
            return comm == WORLD && handler == ERRORS_RETURN ? f(own("ompi_mpi_comm_world"), own("ompi_mpi_errors_return")) : WRONG;
        }
        int MPI_Isend(const void *data, int count, intptr_t type, int to, int tag, intptr_t comm, void **request) {
            int (*f)(const void *, int, void *, int, int, void *, void **) = own("MPI_Isend");
            return comm == WORLD && type == BYTE
                ? f(data, count, own("ompi_mpi_byte"), to, tag, own("ompi_mpi_comm_world"), request) : WRONG;
        }
        int MPI_Irecv(void *data, int count, intptr_t type, int from, int tag, intptr_t comm, void **request) {
            int (*f)(void *, int, void *, int, int, void *, void **) = own("MPI_Irecv");
            return comm == WORLD && type == BYTE
                ? f(data, count, own("ompi_mpi_byte"), from, tag, own("ompi_mpi_comm_world"), request) : WRONG;
        }
        int MPI_Test(void **request, int *done, void *status) {
            int (*f)(void **, int *, void *) = own("MPI_Test");
            return status ? WRONG : f(request, done, 0);
        }
        int MPI_Error_string(int code, char *text, int *length) {
            int (*f)(int, char *, int *) = own("MPI_Error_string");
            return f(code, text, length);
        }
        int MPI_Get_library_version(char *version, int *length) {
            *length = sprintf(version, "Standard interface over Open MPI");
            return 0;
        }
        """;

    /// <summary>Null if the library can be made and Open MPI is there, else the reason a test is skipped for.</summary>
    internal static string? Missing { get; } =
        !Mpi.Launchers.Any(IsOpenMpi) ? "Open MPI is not installed; install openmpi-bin."
        : !OperatingSystem.IsLinux() || !CCompiler.IsInstalled ? "The C compiler cc was not found."
        : null;

    /// <summary>Compiles the library and returns its path.</summary>
    internal static string Compile(string folder) => CCompiler.Library(Source, Path.Combine(folder, "libmpi_abi.so.1"));

    internal static string Launcher => Mpi.Launchers.First(IsOpenMpi);

    static bool IsOpenMpi(string launcher) => !launcher.EndsWith("mpich", StringComparison.Ordinal);
}

/// <summary>The C compiler of this machine.</summary>
static class CCompiler
{
    internal static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "cc")));

    /// <summary>Compiles a shared library and returns its path.</summary>
    /// <param name="source">The program.</param>
    /// <param name="library">Path of the library.</param>
    /// <param name="options">Further options of the compiler.</param>
    internal static string Library(string source, string library, params string[] options)
    {
        File.WriteAllText(library + ".c", source);
        using Process compiler = Process.Start("cc", ["-shared", "-fPIC", .. options, "-o", library, library + ".c", "-ldl"]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return library;
    }
}

/// <summary>A test that needs <see cref="StandardMpi"/>; skipped, with the reason, where it cannot be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class StandardMpiFactAttribute : FactAttribute
{
    public StandardMpiFactAttribute() => Skip = StandardMpi.Missing;
}
