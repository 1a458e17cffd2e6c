using System.Text;

namespace Farsight.Evaluation.Report;

/// <summary>
/// Writes the worst answers, each folded: a line with its scores; unfolded, the question, the end of the prompt, the right answers and the
/// given answers.
/// </summary>
static class WorstHtml
{
    internal static void Append(ReportPage page, IReadOnlyList<WorstAnswers> tasks)
    {
        if (tasks.Count == 0)
        {
            return;
        }
        page.Begin("Worst answers", "Expand one to see the end of its prompt, the right answer and the given answers.");
        foreach (WorstAnswers task in tasks)
        {
            page.Text.Append(
                $"<h3 class=\"worst\">{ReportText.Escape(task.Title)}</h3>\n<p class=\"note\">{ReportText.Escape(task.Note)}</p>\n");
            foreach (WorstAnswer sample in task.Samples)
            {
                Sample(page.Text, sample);
            }
        }
        page.End();
    }

    static void Sample(StringBuilder page, WorstAnswer sample)
    {
        page.Append($"<details class=\"sample\">\n<summary>{ReportText.Escape(sample.Summary)}</summary>\n<dl>\n");
        Entry(page, "question", sample.Question);
        if (sample.PromptEnd.Length > 0)
        {
            Entry(page, "end of the prompt", $"… {sample.PromptEnd}");
        }
        foreach (string reference in sample.References)
        {
            Entry(page, "right", reference);
        }
        foreach (Setting answer in sample.Answers)
        {
            string text = answer.Value.Length > 0 ? ReportText.Escape(answer.Value) : "<span class=\"none\">nothing</span>";
            page.Append($"<dt>{ReportText.Escape(answer.Name)}</dt><dd>{text}</dd>\n");
        }
        page.Append("</dl>\n</details>\n");
    }

    static void Entry(StringBuilder page, string name, string value)
    {
        if (value.Length > 0)
        {
            page.Append($"<dt>{name}</dt><dd>{ReportText.Escape(value)}</dd>\n");
        }
    }
}
