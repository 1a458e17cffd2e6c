using System.Text.RegularExpressions;

namespace Farsight.Evaluation.Core;

/// <summary>Specifies how much of something a task demands, relative to other tasks.</summary>
public enum DemandLevel
{
    /// <summary>Little.</summary>
    Low,

    /// <summary>Much.</summary>
    High,
}

/// <summary>Represents what a long context demands of a model.</summary>
/// <remarks>
/// The two axes are those of arXiv:2407.00402, whose first versions call dispersion "diffusion". The paper gives no thresholds and labels
/// few tasks: the labels here are Farsight's.
/// </remarks>
/// <param name="Dispersion">How hard the necessary information is to find.</param>
/// <param name="Scope">How much information is necessary.</param>
sealed record TaskDemand(DemandLevel Dispersion, DemandLevel Scope)
{
    // The first pattern that fits a task's name counts.
    static readonly (Regex Name, TaskDemand? Demand)[] s_labels =
    [
        // Without a long context, or with none of a certain kind.
        Of(@"^(arc|hellaswag|mmlu|winogrande|truthfulqa|mt-bench|perplexity|pg19|longbench-v2-no-context|lcfo_exp)", null, null),
        // One passage of several that are given.
        Of(@"^helmet_rag", 0, 0),
        // Much of a long text: summaries, counts over all of it, long procedures and outputs, rows of a database.
        Of(@"sum(m|$|_|-|mar)|gov_report|qmsum|multi_news|vcsum|^(cnnsum|lcfo_\d|holobench|longins|sgt|longgenbench|locomo_events)", 1, 1),
        Of(@"^(travel_planning|countdown|html_to_tsv|path_traversal|tom_tracking|pseudo_to_code|passage_count|dureader)", 1, 1),
        Of(@"counting|review|graphwalks_bfs|loogle_longdep|codeu|code_run|math_calc|stackselect|textsort|fiction/summary", 1, 1),
        Of(@"^longbench-write", 1, 1),
        Of(@"^atc_(zh_)?\d{2,}", 1, 1),
        Of(@"^m4le_(arxiv|pubmed|booksum|cnnnews|wikihow|cnewsum|clts|cepsum|lcsts)", 1, 1),
        Of(@"^m4le_(ncls|news2016|open-sub|news-comm|tedtalks)", 1, 1),
        // Much information that is easy to find: labels in demonstrations, word counts, lists, all facts of a kind.
        Of(@"^(cwe|fwe|graphwalks_parents|longicl|helmet_icl|trec|triviaqa|samsum|lsht|needle/entities|entities/|manyshot)", 0, 1),
        Of(@"gsm|msmarco|explicit-multiple|semantic-multiple|marc|online-shopping|math_find|threading_multi|longsafetybench_manyshot", 0,
            1),
        // Little information that is hard to find: hints, several hops, similar texts, whole novels.
        Of(@"^(nolima|mrcr|locomo|lcfo_questions|detectiveqa|aa-lcr|atc_|babilong|vt$|qa_2$)", 1, 0),
        Of(@"^(facts/two-hop|needle/near|needle/unanswerable|facts/absent)", 1, 0),
        Of(@"needlebench_reasoning|hotpotqa|2wiki|musique|longbench-v2|longbench-pro|longbench-chat|longsafety|failsafeqa|nitibench", 1, 0),
        Of(@"narrative|longbook|infbench|quality|sci_fi|tpo|dialsim|l-citeeval_locomo|longdialogue|code_debug|multidoc|novel|m4le_", 1, 0),
        Of(@"threading|repobench|patent|legal|financial|paper_assistant", 1, 0),
        // Everything else finds one place: needles, keys, single passages.
        Of(@"", 0, 0),
    ];

    /// <summary>Returns the label of a task; null for a task without a long context.</summary>
    internal static TaskDemand? Of(string task) => s_labels.First(l => l.Name.IsMatch(task)).Demand;

    static (Regex, TaskDemand?) Of(string pattern, int? dispersion, int? scope) => (
        new(pattern, RegexOptions.CultureInvariant),
        dispersion is { } d && scope is { } s ? new((DemandLevel)d, (DemandLevel)s) : null);
}
