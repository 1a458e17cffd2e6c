using Farsight.Alignment.Training.Alarms;

namespace Farsight.Tests.Alignment.Training.Alarms;

public sealed class LoopingTests
{
    [Fact]
    public void Answers_that_begin_to_repeat_themselves_are_reported_once()
    {
        AnswerRepetition looping = new("lower optimizer.learning_rate");

        Assert.Null(looping.See(0.05, 0));
        Assert.Null(looping.See(0.34, 0));
        string? seen = looping.See(0.6, 0);
        Assert.Contains("60 % of their 4-grams instead of 5 %", seen, StringComparison.Ordinal);
        Assert.Contains("samples.jsonl", seen, StringComparison.Ordinal);
        Assert.Contains("optimizer.learning_rate", seen, StringComparison.Ordinal);
        Assert.Null(looping.See(0.9, 0));
    }

    [Fact]
    public void A_model_that_repeated_itself_before_training_is_measured_by_that()
    {
        AnswerRepetition looping = new("lower optimizer.learning_rate");

        Assert.Null(looping.See(0.7, 0));
        Assert.Null(looping.See(0.9, 0));
    }

    [Fact]
    public void Data_that_ask_for_repetition_are_the_measure()
    {
        AnswerRepetition looping = new("lower optimizer.learning_rate");

        Assert.Null(looping.See(0, 0.5));
        Assert.Null(looping.See(0.7, 0.5));
    }
}
