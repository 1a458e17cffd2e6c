using Farsight.Engine;

namespace Farsight.Evaluation.Benchmarks.Ruler;

/// <summary>Generates the samples of a generator: searches for a size, then draws one sample after the other.</summary>
static class RulerSearch
{
    /// <summary>Yields the samples of needles, common words and questions.</summary>
    /// <param name="generator">The generator to draw from.</param>
    /// <param name="newTokens">Room for the completion.</param>
    /// <param name="setting">Length and tokenizer.</param>
    /// <exception cref="InputException">The context is too short.</exception>
    internal static IEnumerable<RulerSample> Samples(IRulerGenerator generator, int newTokens, RulerSetting setting)
    {
        int limit = Limit(setting);
        int size = setting.Edition == RulerEdition.Paper
            ? RulerSize.StepUp(generator, newTokens, setting)
            : generator is RulerCommonWords ? CommonWordsSize(generator, newTokens, limit, setting)
            : Bisected(generator, 3.0, limit, d => setting.CountTokens(d.Text) + newTokens, d => setting.CountTokens(d.Text));
        for (int i = 0; i < Math.Min(setting.Samples, generator.Available); i++)
        {
            int index = i;
            yield return RulerSize.Fit(generator, index, size, limit, d => Finished(index, d, setting.CountTokens(d.Text) + newTokens));
        }
    }

    /// <summary>Yields the samples of variable tracking, each after a solved example.</summary>
    /// <exception cref="InputException">The context is too short.</exception>
    internal static IEnumerable<RulerSample> Samples(RulerTracking generator, int newTokens, RulerSetting setting)
    {
        bool paper = setting.Edition == RulerEdition.Paper;
        string example = generator.MakeExample();
        int exampleTokens = setting.CountTokens(example), limit = Limit(setting);
        int size = paper
            ? RulerSize.StepUp(generator, newTokens + exampleTokens, setting)
            : Bisected(
                generator,
                3.0,
                limit,
                d => setting.CountTokens(d.Text) + exampleTokens + newTokens,
                d => setting.CountTokens(d.Text));
        for (int i = 0; i < setting.Samples; i++)
        {
            int index = i;
            yield return RulerSize.Fit(generator, index, size, limit, Finish);

            RulerSample Finish(RulerDraft draft)
            {
                RulerDraft whole = generator.WithExample(draft, example);
                return Finished(index, whole, setting.CountTokens((paper ? draft : whole).Text) + newTokens + (paper ? exampleTokens : 0));
            }
        }
    }

    /// <summary>Finds the size by bisection, below <paramref name="slack"/> times what a first draft suggests.</summary>
    internal static int Bisected(
        IRulerGenerator generator, double slack, int limit, Func<RulerDraft, int> count, Func<RulerDraft, int>? countFirst = null)
    {
        double tokensEach = (countFirst ?? count)(generator.Draw(0, generator.Increment)) / (double)generator.Increment;
        return RulerSize.Bisect(generator, (int)(limit / tokensEach * slack), d => count(d) <= limit);
    }

    // The original draws 4,096 words to see how long a word is, and looks no further than twice what that suggests.
    static int CommonWordsSize(IRulerGenerator generator, int newTokens, int limit, RulerSetting setting)
    {
        const int words = 4096;
        double tokensEach = setting.CountTokens(generator.Draw(0, words).Text) / (double)words;
        return RulerSize.Bisect(generator, (int)Math.Floor(limit / tokensEach) * 2, d => setting.CountTokens(d.Text) + newTokens <= limit);
    }

    static int Limit(RulerSetting setting) => setting.MaxTokens - (setting.Edition == RulerEdition.Paper ? 0 : setting.TemplateTokens);

    static RulerSample Finished(int index, RulerDraft draft, int length) =>
        new(index, draft.Input, draft.AnswerPrefix, draft.Outputs, length);
}
