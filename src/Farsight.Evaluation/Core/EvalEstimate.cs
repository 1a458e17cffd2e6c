using System.Globalization;
using Farsight.Alignment.Endpoints;
using Farsight.Engine;
using Farsight.Evaluation.Core.Prompts;

namespace Farsight.Evaluation.Core;

/// <summary>Represents the work of a plan before it starts: its examples, the tokens of their prompts, and their cost.</summary>
/// <remarks>
/// Tokens are estimated from some examples of each task and length. Where the tokenizer is not known, four characters count as a token.
/// Further prompts of tasks that ask several times, and the judge's, are not known before the answers, so they are not counted.
/// </remarks>
/// <param name="Parts">Each task at each length, in the order of the plan.</param>
sealed record EvalEstimate(IReadOnlyList<PartEstimate> Parts)
{
    const int Measured = 4, CharactersPerToken = 4, TypicalAnswer = 128;

    /// <summary>Gets the number of examples.</summary>
    internal int Examples => Parts.Sum(p => p.Examples);

    /// <summary>Estimates a plan. A task that can make no examples has none.</summary>
    internal static EvalEstimate Of(EvalPlan plan, IPromptMaker prompts, CancellationToken cancel) => new(
        [.. plan.Parts().Select(p =>
        {
            cancel.ThrowIfCancellationRequested();
            return PartOf(plan, p.Task, p.Setting, prompts);
        })]);

    /// <summary>Returns the share of the whole work that the first parts and some examples of the next one are.</summary>
    /// <param name="parts">Number of finished parts.</param>
    /// <param name="examples">Number of finished examples of the next part.</param>
    internal double ShareDone(int parts, int examples)
    {
        double all = Parts.Sum(Weight), done = Parts.Take(parts).Sum(Weight);
        done += parts < Parts.Count && Parts[parts].Examples > 0
            ? Weight(Parts[parts]) * Math.Min(1, (double)examples / Parts[parts].Examples)
            : 0;
        return all > 0 ? done / all : 1;
    }

    /// <summary>Describes the work and the cost in a sentence or two.</summary>
    /// <param name="plan">The plan.</param>
    internal string Describe(EvalPlan plan)
    {
        long draws = plan.Decoding.Draws;
        long input = draws * Parts.Sum(p => p.PromptTokens * p.Examples), output = draws * Parts.Sum(p => (long)p.NewTokens * p.Examples);
        int tasks = plan.Tasks.Count;
        string work = string.Create(
            CultureInfo.InvariantCulture,
            $"{Examples:N0} examples of {tasks} {(tasks == 1 ? "task" : "tasks")}: about {input:N0} prompt tokens, at most {output:N0} "
                + $"new ones.");
        string cost = plan.Prices is { } prices
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" Cost: about {prices.Of(input, 0):0.####} for the prompts, at most {prices.Of(0, output):0.####} for the answers.")
            : "";
        bool isOpen = plan.Tasks.Any(t => t is IJudgedTask or IFollowUpTask);
        return work + cost + (isOpen ? " Calls of the judge and further questions are not counted." : "");
    }

    static double Weight(PartEstimate part) => part.Examples * (double)(part.PromptTokens + Math.Min(part.NewTokens, TypicalAnswer));

    static PartEstimate PartOf(EvalPlan plan, IEvalTask task, EvalSetting setting, IPromptMaker prompts)
    {
        int? known = task.Count(setting) is { } all ? Math.Min(all, plan.Limit ?? int.MaxValue) : null;
        List<long> tokens = [];
        int count = 0, newTokens = 0;
        try
        {
            IEnumerable<EvalExample> examples =
                plan.Limit is { } limit ? SpreadSample.Of(task, setting, limit) : task.Examples(setting);
            int? length = task.Card.IsPerLength ? setting.Length : null;
            foreach (EvalExample example in FewShotExamples.Add(task, examples, plan.Decoding.FewShot, () => task.Examples(setting)))
            {
                // The 1st, 2nd, 4th, 8th … example: few, and spread over all.
                if ((count & (count + 1)) == 0)
                {
                    tokens.Add(TokensOf(example, prompts, length));
                }
                newTokens = Math.Max(newTokens, example.MaxNewTokens + (plan.Decoding.For(task)?.ThinkTokens ?? 0));
                count++;
                if (known is not null && tokens.Count == Measured)
                {
                    break;
                }
            }
        }
        catch (InputException)
        {
            // The run reports why there are no more examples.
            known = null;
        }
        return new(known ?? count, tokens.Count == 0 ? 0 : (long)tokens.Average(), newTokens);
    }

    static long TokensOf(EvalExample example, IPromptMaker prompts, int? length)
    {
        try
        {
            EvalChoice[] apart = [.. example.Choices.Where(c => c.Prompt is not null)];
            RenderedPrompt prompt = prompts.Make(apart.Length > 0 ? apart[0].Prompt! : example.Prompt, example.MaxNewTokens, length);
            long tokens = prompt.Tokens.Count > 0
                ? prompt.Tokens.Count
                : prompt.Messages.Sum(m => prompts.Tokens?.Count(m.Content) ?? (long)(m.Content.Length / CharactersPerToken));
            return tokens * Math.Max(1, apart.Length);
        }
        catch (InputException)
        {
            return 0; // the example will fail without being asked
        }
    }
}

/// <summary>Represents the estimate of a task at a length.</summary>
/// <param name="Examples">Number of examples.</param>
/// <param name="PromptTokens">Mean tokens of a prompt.</param>
/// <param name="NewTokens">Maximum new tokens of an answer.</param>
sealed record PartEstimate(int Examples, long PromptTokens, int NewTokens);
