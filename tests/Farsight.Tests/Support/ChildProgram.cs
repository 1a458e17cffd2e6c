using System.Diagnostics;
using System.Runtime.InteropServices;
using Farsight.Engine.Kernels.Assembled;
using Farsight.Engine.Machine;
using Farsight.Engine.Numerics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Farsight.Tests.Support;

/// <summary>Runs in its own process what would end or change that of the tests: <c>dotnet Farsight.Tests.dll CASE</c>.</summary>
static partial class ChildProgram
{
    const int SetDumpable = 4, SetNoExecutableGain = 65, GetNoExecutableGain = 66;

    /// <summary>Whether this system can refuse executable memory to a process: Linux 6.3 and later.</summary>
    internal static bool CanRefuse => OperatingSystem.IsLinux() && Control(GetNoExecutableGain, 0, 0, 0, 0) >= 0;

    /// <summary>Runs a case and returns its exit code and texts.</summary>
    internal static async Task<(int Code, string Out, string Error)> Run(string name, params (string Name, string Value)[] variables)
    {
        ProcessStartInfo start = new("dotnet", [typeof(ChildProgram).Assembly.Location, name])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string variable, string value) in variables)
        {
            start.Environment[variable] = value;
        }
        using Process process = Process.Start(start)!;
        using CancellationTokenSource time = new(TimeSpan.FromMinutes(2));
        Task<string> output = process.StandardOutput.ReadToEndAsync(time.Token), error = process.StandardError.ReadToEndAsync(time.Token);
        await process.WaitForExitAsync(time.Token);
        return (process.ExitCode, await output, await error);
    }

    static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case ["read"]:
                Fault(c => c.mov(rax, __[rbx]));
                return 0;
            case ["undefined"]:
                Fault(c => c.ud2());
                return 0;
            case ["trap"]:
                Fault(c => c.int3());
                return 0;
            case ["refused"]:
                return Refuse();
            case ["twins"]:
                return await ComputeWithTwins();
            default:
                Console.Error.WriteLine("The cases are read, undefined, trap, refused and twins. To run the tests, use dotnet test.");
                return 2;
        }
    }

    /// <summary>Calls a kernel that faults, after a fault in managed code that .NET turns into an exception.</summary>
    static unsafe void Fault(Action<Assembler> body)
    {
        _ = Control(SetDumpable, 0, 0, 0, 0); // no core file
        MachineCode.Make("another", c => c.nop());
        nint kernel = MachineCode.Make("test kernel", body);
        for (int n = 0; n < 2; n++)
        {
            try
            {
                string? nothing = Environment.GetEnvironmentVariable("FARSIGHT_TEST_NOTHING");
                Console.WriteLine(nothing!.Length);
            }
            catch (NullReferenceException)
            {
                Console.WriteLine("caught");
            }
        }
        ((delegate* unmanaged<byte*, void>)kernel)((byte*)0x1000);
        Console.WriteLine("not reached");
    }

    /// <summary>Prints what is asked before and after this process forbids memory to become executable.</summary>
    static int Refuse()
    {
        const int RefuseExecutableGain = 1, NoAccess = 13;
        // The policy also stops .NET's compiler, so all that runs under it has run before.
        Console.WriteLine($"before: {AssembledCode.Ask()}{Marshal.GetPInvokeErrorMessage(NoAccess)}");
        if (Control(SetNoExecutableGain, RefuseExecutableGain, 0, 0, 0) != 0)
        {
            return 3;
        }
        Console.WriteLine($"after: {AssembledCode.Ask()}{Marshal.GetPInvokeErrorMessage(NoAccess)}");
        return 0;
    }

    /// <summary>Prints what is said and computed without assembled kernels.</summary>
    static async Task<int> ComputeWithTwins()
    {
        Console.WriteLine(AssembledKernels.Refusal);
        Console.WriteLine(AssembledKernels.NoticeOf(Arithmetic.BF16));
        Console.WriteLine(AssembledKernels.NoticeOf(Arithmetic.Q8));
        Console.WriteLine($"{Bf16Tile.IsAssembled} {Product()}");
        (_, string text, _) = await CommandLine.Run("doctor");
        (_, string json, _) = await CommandLine.Run("doctor", "--json");
        Console.WriteLine(text);
        Console.WriteLine(json);
        return 0;
    }

    /// <summary>Returns an element of a product of ones and twos over 2 pairs: 8.</summary>
    static unsafe float Product()
    {
        uint[] a = [.. Enumerable.Repeat(0x3F803F80u, 2 * Bf16Tile.Rows)], b = [.. Enumerable.Repeat(0x40004000u, 2 * Bf16Tile.Columns)];
        float[] c = new float[Bf16Tile.Rows * Bf16Tile.Columns];
        fixed (uint* left = a, right = b)
        {
            fixed (float* result = c)
            {
                Bf16TileCall call = new()
                {
                    A = (byte*)left,
                    Line = 8,
                    Step = 4,
                    B = (byte*)right,
                    C = result,
                    Stride = 4 * Bf16Tile.Columns,
                    Pairs = 2,
                    Tiles = 1,
                };
                Bf16Tile.Compute(&call);
            }
        }
        return c[^1];
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nint a, nint b, nint c, nint d);
}
