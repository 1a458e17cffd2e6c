using Farsight.Engine;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;

namespace Farsight.Torch.Tests;

public sealed class BackendTests
{
    [Theory, InlineData("gpu"), InlineData("cuda:x"), InlineData("cuda:1:2"), InlineData("cuda:-1")]
    public void An_unknown_device_is_refused_with_the_known_ones(string device)
    {
        InputException error = Assert.Throws<InputException>(() => new TorchBackend(device, null));
        Assert.Equal($"The device '{device}' is unknown; use torch-cpu, cuda, or cuda:1 for the second GPU.", error.Message);
    }

    [Fact]
    public void A_GPU_without_the_libraries_for_CUDA_is_refused_with_the_way_to_get_them()
    {
        InputException error = Assert.Throws<InputException>(() => new TorchBackend("cuda", null));
        Assert.Contains("-p:Torch=cuda", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_libstdcxx_is_explained()
    {
        string reason = "libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by libLibTorchSharp.so)";
        Assert.Equal(
            "The component Farsight.Torch needs libstdc++ of GCC 13 or newer (Ubuntu 24.04, Debian 13), and this system has an older one; "
                + "use a newer system, or the device cpu.",
            NativeLibraries.Explanation("LibTorchSharp", false, reason));
    }

    [Fact]
    public void A_conversion_to_four_bits_on_the_device_is_refused()
    {
        using DecoderModel model = SmallModel.Create();
        InputException error = Assert.Throws<InputException>(
            () => new TorchBackend("torch-cpu", null).Load(model, NumberFormat.Q4_0, null));
        Assert.Equal(
            "A device converts matrices to F32, F16 or BF16; load the model in Q4_0 instead, which the device then keeps.", error.Message);
    }

    [Fact]
    public void The_description_names_library_and_number_format() =>
        Assert.Equal("torch-cpu, libtorch 2.10.0, BF16", new TorchBackend("torch-cpu", NumberFormat.BF16).Description);
}
