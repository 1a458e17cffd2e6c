using System.Text.Json.Nodes;
using Farsight.Alignment;
using Farsight.Alignment.Runs;
using Farsight.Alignment.Synthesis.Selection;
using Farsight.Workflows.Train;

namespace Farsight.Workflows.Study;

/// <summary>Selects samples by two homologous models, as <c>farsight data select gateau</c> does.</summary>
/// <param name="Model">Directory of the model that was trained for long contexts.</param>
/// <param name="Base">Directory of the homologous model, which was not.</param>
/// <param name="Data">The preference dataset.</param>
/// <param name="Keep">Number of samples to keep.</param>
/// <param name="Out">The .jsonl file.</param>
sealed record GateauStep(string Model, string Base, string Data, int Keep, string Out) : IStudyStep
{
    /// <summary>Weight of the guidance of the two models, 0 to 1; the contextual awareness has the rest.</summary>
    public double Alpha { get; init; } = 0.8;

    /// <summary>Tokens per segment of the context.</summary>
    public int SegmentTokens { get; init; } = 128;

    /// <inheritdoc/>
    public IEnumerable<string> Problems(string path)
    {
        try
        {
            Options(Data, Model, Base, Out).Check();
            return [];
        }
        catch (OptionException e)
        {
            return [$"{path}.{e.Key} {e.Problem}"];
        }
    }

    /// <inheritdoc/>
    public JsonObject Inputs(StudyPaths paths) => new()
    {
        ["model"] = InputHash.OfModel(paths.FindModel("model", Model)),
        ["base"] = InputHash.OfModel(paths.FindModel("base", Base)),
        ["data"] = InputHash.OfFile(paths.Find("data", Data)),
    };

    /// <inheritdoc/>
    public void Make(
        StudyPaths paths, long? memoryBytes, Action<string> note, IProgress<StageProgress>? progress, CancellationToken cancel) =>
        GateauSelection.Write(
            Options(paths.Find("data", Data), paths.FindModel("model", Model), paths.FindModel("base", Base), paths.Out(Out)),
            new SynchronousProgress<int>(done => progress?.Report(new("prepare", Out, done, 0, "measured"))), cancel);

    GateauOptions Options(string data, string model, string @base, string output) => new(data, model, @base, output, Keep)
    {
        Alpha = Alpha,
        SegmentTokens = SegmentTokens,
    };
}
