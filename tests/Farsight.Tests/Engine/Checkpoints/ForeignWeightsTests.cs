using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Text.Tokenizers;

namespace Farsight.Tests.Engine.Checkpoints;

/// <summary>Files that a download of a model often leaves in place of those that are read.</summary>
public sealed class ForeignWeightsTests : IDisposable
{
    const string Pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 269060552\n";

    readonly TemporaryFolder _folder = new();

    public ForeignWeightsTests() =>
        TinyModelFiles.Write(_folder.Path, TinyModelFiles.Config, TinyModelFiles.Weights(TinyModelFiles.Config));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    public void A_git_LFS_pointer_is_named_with_the_command_that_replaces_it(string file)
    {
        File.WriteAllText(_folder[file], Pointer);

        string message = Assert.Throws<InputException>(() => ModelFiles.Open(_folder.Path)).Message;

        Assert.StartsWith($"{_folder[file]} is a git-LFS pointer, not the file itself; run 'git lfs pull'", message);
    }

    [Fact]
    public void A_pointer_in_place_of_a_GGUF_file_or_a_tokenizer_is_named()
    {
        File.WriteAllText(_folder["model.gguf"], Pointer);
        File.WriteAllText(_folder["tokenizer.json"], Pointer);

        Assert.Contains("is a git-LFS pointer", Assert.Throws<InputException>(() => ModelFiles.Open(_folder["model.gguf"])).Message);
        Assert.Contains("is a git-LFS pointer", Assert.Throws<InputException>(() => Tokenizer.Load(_folder.Path)).Message);
    }

    [Fact]
    public void Pickled_weights_alone_name_the_conversion()
    {
        File.Delete(_folder["model.safetensors"]);
        File.WriteAllText(_folder["training_args.bin"], "");
        Assert.Contains("has neither model.safetensors nor", Assert.Throws<InputException>(() => ModelFiles.Open(_folder.Path)).Message);

        File.WriteAllText(_folder["pytorch_model-00001-of-00002.bin"], "");
        string message = Assert.Throws<InputException>(() => ModelFiles.Open(_folder.Path)).Message;

        Assert.StartsWith($"{_folder.Path} has only PyTorch weights (pytorch_model-00001-of-00002.bin)", message);
        Assert.Contains($"p='{_folder.Path}'; o='{_folder.Path}-safetensors'", message);
        Assert.Contains(
            "use the folder of a model",
            Assert.Throws<InputException>(() => ModelFiles.Open(_folder["pytorch_model-00001-of-00002.bin"])).Message);
    }

    [Fact]
    public void Weights_in_the_format_of_Meta_name_their_own_conversion()
    {
        Directory.Delete(_folder.Path, recursive: true);
        Directory.CreateDirectory(_folder.Path);
        File.WriteAllText(_folder["consolidated.00.pth"], "");

        string message = Assert.Throws<InputException>(() => ModelFiles.ReadConfig(_folder.Path)).Message;

        Assert.Contains("in Meta's format (consolidated.00.pth)", message);
        Assert.Contains("python -m transformers.models.llama.convert_llama_weights_to_hf", message);
    }

    [Fact]
    public void A_tokenizer_in_another_form_names_the_conversion()
    {
        File.WriteAllText(_folder["vocab.json"], "{}");
        string message = Assert.Throws<InputException>(() => Tokenizer.Load(_folder.Path)).Message;
        Assert.Contains("The folder has vocab.json, which is not read. Convert it: python -c", message);

        File.WriteAllText(_folder["tokenizer.model"], "IQ== 0\nIg== 1\n");
        message = Assert.Throws<InputException>(() => Tokenizer.Load(_folder.Path)).Message;

        Assert.Contains("is a tokenizer of tiktoken", message);
        Assert.Contains($"AutoTokenizer.from_pretrained('{_folder.Path}')", message);
    }

    [Fact]
    public void A_directory_of_links_has_the_hash_of_the_files_that_they_lead_to()
    {
        using TemporaryFolder links = new();
        foreach (string file in Directory.GetFiles(_folder.Path))
        {
            File.CreateSymbolicLink(links[Path.GetFileName(file)], file);
        }

        Assert.Equal(InputHash.OfModel(_folder.Path), InputHash.OfModel(links.Path));
    }
}
