namespace Farsight.Alignment.Objectives;

/// <summary>Which of a sample's responses instruction tuning learns.</summary>
public enum TrainedResponse
{
    /// <summary>The preferred one.</summary>
    Chosen,

    /// <summary>The first rejected one: what is gained by more text of the kind alone, right or wrong.</summary>
    Rejected,
}
