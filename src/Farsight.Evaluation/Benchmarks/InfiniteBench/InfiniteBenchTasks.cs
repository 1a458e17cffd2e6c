using Farsight.Evaluation.Core;

namespace Farsight.Evaluation.Benchmarks.InfiniteBench;

/// <summary>
/// InfiniteBench's tasks by its templates for GPT-4, and by those for base models (YaRN-Mistral, Yi, ChatGLM3), whose names end in "_base".
/// </summary>
/// <remarks>Scores by different templates are not comparable. Source: arXiv:2402.13718; OpenBMB/InfiniteBench @88b3daa,
/// src/eval_utils.py.</remarks>
public sealed class InfiniteBenchTasks : IEvalTaskFamily
{
    static readonly string[] s_names =
    [
        "passkey", "number_string", "kv_retrieval", "longbook_sum_eng", "longbook_qa_eng", "longbook_qa_chn", "longbook_choice_eng",
        "longdialogue_qa_eng", "math_find", "math_calc", "code_run", "code_debug",
    ];

    // For GPT-4 math_calc is asked in a conversation that the official program has in its code.
    /// <inheritdoc/>
    public IEnumerable<IEvalTask> Tasks =>
        [
            .. s_names.Where(n => n != "math_calc").Select(n => new InfiniteBenchTask(n, isBase: false)),
            .. s_names.Select(n => new InfiniteBenchTask(n, isBase: true)),
        ];
}
