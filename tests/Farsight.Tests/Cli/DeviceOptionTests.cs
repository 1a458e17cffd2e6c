namespace Farsight.Tests.Cli;

/// <summary>--device without the component that computes on a device.</summary>
public sealed class DeviceOptionTests : IDisposable
{
    readonly TrainingFiles _files = new();

    [Theory, InlineData("cuda", "cuda"), InlineData("cuda:1", "cuda"), InlineData("torch-cpu", "cpu")]
    public async Task A_device_without_the_component_is_an_error_that_says_how_to_get_it(string device, string property)
    {
        (int code, _, string error) = await CommandLine.Run("train", _files.RecipePath, "--out", _files.In("run"), "--device", device);

        Assert.Equal(2, code);
        Assert.Equal(
            $"The device {device} needs the component Farsight.Torch, which is not installed; publish Farsight with it: "
                + $"'dotnet publish src/Farsight.Cli -p:Torch={property}' (docs/gpu.md).",
            error.TrimEnd());
        Assert.False(Directory.Exists(_files.In("run")));
    }

    [Fact]
    public async Task An_unknown_device_is_an_error_with_the_known_ones()
    {
        (int code, _, string error) = await CommandLine.Run(
            "generate", "--prompt", "Hello", "--model", _files.In("model"), "--device", "gpu");

        Assert.Equal(2, code);
        Assert.Equal("The device 'gpu' is unknown; use cpu, torch-cpu, cuda, or cuda:1 for the second GPU.", error.TrimEnd());
    }

    [Fact]
    public async Task A_number_format_without_a_device_is_an_error()
    {
        (int code, _, string error) = await CommandLine.Run(
            "train", _files.RecipePath, "--out", _files.In("run"), "--precision", "bf16");

        Assert.Equal(2, code);
        Assert.Equal("--precision needs --device torch-cpu or cuda; the device cpu always computes in F32.", error.TrimEnd());
    }

    [Fact]
    public async Task An_endpoint_and_a_device_cannot_be_combined()
    {
        (int code, _, string error) = await CommandLine.Run(
            "eval", "--endpoint", "http://127.0.0.1:9/v1", "--endpoint-model", "m", "--device", "cuda");

        Assert.Equal(2, code);
        Assert.Equal("--device and --endpoint cannot be combined; the endpoint computes the model.", error.TrimEnd());
    }

    [Fact]
    public async Task The_doctor_says_that_the_component_is_not_installed()
    {
        (_, string output, _) = await CommandLine.Run("doctor", "--folder", _files.Root);

        Assert.Contains("\ntorch      component not installed; needed only to compute on a GPU\n", output, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();
}
