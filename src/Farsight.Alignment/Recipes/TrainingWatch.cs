using Farsight.Alignment.Runs;
using Farsight.Alignment.Training;

namespace Farsight.Alignment.Recipes;

/// <summary>What a recipe asks for along training: adapters at some of the steps.</summary>
/// <param name="recipe">The recipe.</param>
/// <param name="run">Where it goes.</param>
/// <param name="files">How the adapter is written.</param>
sealed class TrainingWatch(TrainRecipe recipe, RunDirectory run, TrainedFiles files) : ITrainingWatch
{
    readonly CheckpointFolder _adapters = files.AlongTraining(run);

    public void Begin(int done) => _adapters.RemoveUnfinished();

    public void After(MetricsLine line)
    {
        if (line.Step > 0 && line.Step % recipe.AdapterEvery == 0)
        {
            _adapters.Write(line.Step, files.Write);
        }
    }
}
