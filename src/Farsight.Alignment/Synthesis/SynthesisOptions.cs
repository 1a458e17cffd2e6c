using System.Text.Json.Serialization;
using Farsight.Alignment.Corpus;
using Farsight.Engine.Communication;

namespace Farsight.Alignment.Synthesis;

/// <summary>Holds what every method of synthesis needs: a model, documents, the number of samples, and a file.</summary>
/// <remarks>The properties that JSON knows are the keys of a recipe; a study's preparation steps derive from these records.</remarks>
/// <typeparam name="TSettings">Record of everything that decides the file; it is stored in the journal and in the summary.</typeparam>
/// <param name="Model">Directory of the model that will be trained and that writes the responses. With an endpoint, only its tokenizer
/// and config are read.</param>
/// <param name="Documents">Folder or file with the documents.</param>
/// <param name="Samples">Number of samples to write; at least 1.</param>
/// <param name="Seed">Seeds every random choice.</param>
/// <param name="Out">The .jsonl file; a shard adds its number to the name.</param>
public abstract record SynthesisOptions<TSettings>(
    [property: JsonPropertyOrder(-1)] string Model,
    [property: JsonPropertyOrder(-1)] string Documents,
    [property: JsonPropertyOrder(-1)] int Samples,
    [property: JsonPropertyOrder(-1)] int Seed,
    [property: JsonPropertyOrder(-1)] string Out)
    where TSettings : class
{
    /// <summary>How the documents are read, including their path; null reads all of them unchanged.</summary>
    [JsonIgnore]
    public CorpusOptions? Corpus { get; init; }

    /// <summary>The part to make when several processes share the work; null for the whole file.</summary>
    [JsonIgnore]
    public SynthesisShard? Shard { get; init; }

    /// <summary>Processes whose models answer; rank 0 writes the file, the others call
    /// <see cref="SynthesisRun.Serve{TSettings}(SynthesisOptions{TSettings})"/>. Default: this one alone.</summary>
    [JsonIgnore]
    public Communicator Ranks { get; init; } = SingleProcess.Instance;

    /// <summary>The file that this run writes.</summary>
    [JsonIgnore]
    public string File => Shard?.PathOf(Out) ?? Out;

    /// <summary>Checks the values that can be checked without the model.</summary>
    /// <exception cref="OptionException">A value cannot be used.</exception>
    public virtual void Check() => AtLeast("samples", Samples, 1);

    /// <summary>Whether samples need answers of the model; without them, only its tokenizer, chat format and window are read.</summary>
    internal virtual bool AsksModel => true;

    /// <summary>Reads the documents and decides everything that the model and the documents leave open.</summary>
    /// <exception cref="Engine.InputException">Options, model and documents do not fit together.</exception>
    internal abstract SynthesisPlan<TSettings> Plan(SynthesisModel model);

    /// <summary>Returns how the documents are read.</summary>
    internal CorpusOptions CorpusOrDefault() => Corpus ?? new(Documents) { Repair = false };

    /// <summary>Requires a minimum.</summary>
    private protected static void AtLeast(string key, int value, int minimum, string reason = "")
    {
        if (value < minimum)
        {
            throw new OptionException(key, $"is {value}; use {minimum} or more{reason}.");
        }
    }

    /// <summary>Requires a number above 0.</summary>
    private protected static void AboveZero(string key, double value, string reason = "")
    {
        if (!(value > 0 && double.IsFinite(value)))
        {
            throw new OptionException(key, $"must be a number above 0{reason}.");
        }
    }
}

/// <summary>Represents one run of a method: the settings, the documents, and the source of the samples.</summary>
/// <param name="Settings">Everything that decides the file.</param>
/// <param name="Documents">The documents that were read, for the summary.</param>
/// <param name="Questions">Subject of the questions, for progress: "about invented facts that are planted into the documents".</param>
/// <param name="Source">Makes the samples.</param>
sealed record SynthesisPlan<TSettings>(TSettings Settings, CorpusCounts Documents, string Questions, ISampleSource Source)
    where TSettings : class;
