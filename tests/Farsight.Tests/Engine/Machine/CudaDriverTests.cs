using Farsight.Engine.Machine;

namespace Farsight.Tests.Engine.Machine;

/// <summary>The driver of GPUs, as a small C library with its functions that stands in for it.</summary>
public sealed class CudaDriverTests : IDisposable
{
    const string Functions = """
        #include <stddef.h>
        #include <string.h>
        int cuInit(unsigned flags) { return FOUND ? 0 : 100; }
        int cuDriverGetVersion(int* version) { *version = 12080; return 0; }
        int cuDeviceGetCount(int* count) { *count = 2; return 0; }
        int cuDeviceGet(int* device, int number) { *device = 7 + number; return 0; }
        int cuDeviceGetName(char* name, int length, int device) {
            strncpy(name, device == 7 ? "First GPU" : "Second GPU", length); return 0; }
        int cuDeviceTotalMem_v2(size_t* bytes, int device) { *bytes = device == 7 ? 85899345920 : 25769803776; return 0; }
        """;

    readonly TemporaryFolder _folder = new();

    [CompilerFact]
    public void Names_and_memory_of_the_GPUs_and_the_version_of_CUDA_are_those_that_the_driver_reports()
    {
        CudaDriver driver = CudaDriver.Read(Compiled(found: true))!;

        Assert.Equal(new Version(12, 8), driver.Cuda);
        Assert.Equal([new Gpu("First GPU", 80L << 30), new Gpu("Second GPU", 24L << 30)], driver.Gpus);
    }

    [CompilerFact]
    public void A_driver_that_finds_no_GPU_has_a_version_only()
    {
        CudaDriver driver = CudaDriver.Read(Compiled(found: false))!;

        Assert.Equal(new Version(12, 8), driver.Cuda);
        Assert.Empty(driver.Gpus);
    }

    [Fact]
    public void Without_its_library_there_is_no_driver() => Assert.Null(CudaDriver.Read(_folder["libcuda.so.1"]));

    public void Dispose() => _folder.Dispose();

    string Compiled(bool found) => CCompiler.Library(Functions, _folder["libcuda.so"], $"-DFOUND={(found ? 1 : 0)}");

    /// <summary>A test that compiles C; skipped, with the reason, where that is not possible.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    sealed class CompilerFactAttribute : FactAttribute
    {
        public CompilerFactAttribute() =>
            Skip = OperatingSystem.IsLinux() && CCompiler.IsInstalled ? null : "The C compiler cc was not found.";
    }
}
