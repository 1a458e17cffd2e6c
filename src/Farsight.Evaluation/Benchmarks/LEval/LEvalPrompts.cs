using System.Globalization;
using Farsight.Engine;
using Farsight.Evaluation.Core;
using Farsight.Evaluation.Core.Prompts;
using Farsight.Evaluation.PythonCompat;

namespace Farsight.Evaluation.Benchmarks.LEval;

/// <summary>Provides L-Eval's prompts: from the official programs in the user's folder, else short ones of Farsight's.</summary>
abstract class LEvalPrompts
{
    /// <summary>Names the file of the system prompts.</summary>
    internal const string Config = "leval/Baselines/LEval_config.py";

    /// <summary>Names the program that combines document and question for open chat models.</summary>
    internal const string Program = "leval/Baselines/llama2-chat-test.py";

    const string Document = "{document}", Instruction = "{inst}";

    /// <summary>Gets "official" or "own", the value of the group "prompts" in the results.</summary>
    internal abstract string Origin { get; }

    /// <summary>Returns the prompts for a data folder.</summary>
    internal static LEvalPrompts Of(EvalData data) =>
        data.Exists(Config) && data.Exists(Program)
            ? new OfficialPrompts(new(data.ReadText(Config), Config), new(data.ReadText(Program), Program))
            : new OwnPrompts();

    /// <summary>Returns the prompt of a closed task.</summary>
    internal EvalPrompt.Messages Closed(string task, string document, string instruction) =>
        task is "gsm100" or "codeU" or "topic_retrieval_longchat"
            ? Made(System(task), Document + "\n\n" + Instruction, document, instruction, fromLeft: task == "codeU")
            : Made(System(task), Exam.Form, document, instruction) with
            {
                AnswerPrefix = Exam.Prefix,
            };

    /// <summary>Returns the prompt of an open task, which states the number of words of the reference.</summary>
    internal EvalPrompt.Messages Open(string document, string instruction, int words) =>
        Made(System(""), OpenForm(words.ToString(CultureInfo.InvariantCulture)), document, instruction);

    /// <summary>Returns the second question of sci_fi: what is true in the real world, without the document.</summary>
    internal abstract string Fact(string instruction);

    /// <summary>Returns the system prompt of a task, or that of open tasks for any other name.</summary>
    protected abstract string System(string task);

    /// <summary>Gets the template of a question with options, and the beginning of its answer.</summary>
    protected abstract (string Form, string Prefix) Exam { get; }

    /// <summary>Returns the template of an open question.</summary>
    protected abstract string OpenForm(string words);

    static EvalPrompt.Messages Made(string system, string form, string document, string instruction, bool fromLeft = false)
    {
        string text = PythonFormat.Fill(form, new Dictionary<string, string> { ["document"] = document, ["inst"] = instruction }, Program);
        int start = form.IndexOf(Document, StringComparison.Ordinal);
        if (start < 0)
        {
            throw new InputException($"The prompt in {Program} has no place for {Document}; {EvalData.Advice}.");
        }
        return new EvalPrompt.Messages([new("system", system), new("user", text)]) { Cut = new WordCut(start, document.Length, fromLeft) };
    }

    sealed class OfficialPrompts(PythonSource config, PythonSource program) : LEvalPrompts
    {
        const string Beginning = "def get_sys_prompt", Branch = "elif args.metric == \"exam_eval\":";

        internal override string Origin => "official";

        protected override (string, string) Exam => program.TextsAfter(2, Branch) is [var form, var prefix] ? (form, prefix) : default;

        internal override string Fact(string instruction) => program.TextsAfter(3, "inst.replace(") is [var world, var real, var end]
            ? instruction.Replace(world, real, StringComparison.Ordinal) + end : instruction;

        protected override string System(string task) => task switch
        {
            "gsm100" => config.TextAfter(Beginning, "\"gsm\" in file_name:"),
            "topic_retrieval_longchat" => config.TextAfter(Beginning, "\"topic\" in file_name:"),
            "coursera" or "codeU" or "sci_fi" => config.TextAfter(Beginning, $"\"{task}\" in file_name:"),
            "" => config.TextAfter(Beginning, "\"exam\" in args.metric:", "else:"),
            _ => config.TextAfter(Beginning, "\"exam\" in args.metric:"),
        };

        protected override string OpenForm(string words) => program.TextsAfter(2, Branch, "else:") is [var form, var length]
            ? form + length.Replace("{len(out.split())}", words, StringComparison.Ordinal) : "";
    }

    sealed class OwnPrompts : LEvalPrompts
    {
        internal override string Origin => "own";

        protected override (string, string) Exam => ($"{Document}\n\nQuestion: {Instruction}\nGive the answer alone.", "Answer:");

        internal override string Fact(string instruction) =>
            instruction.Replace("the world described in the document", "what is known of the real world", StringComparison.Ordinal)
            + "\nGive the answer alone.\nAnswer:";

        protected override string System(string task) =>
            task switch
            {
                "gsm100" =>
                    "Answer the last question in the way the ones before it are answered, and end with \"The answer is\" and the number.",
                "topic_retrieval_longchat" =>
                    "A long conversation about several topics follows. Afterwards you will be asked for the names of topics.",
                "coursera" => "Answer the question about the document with the letters of all right options, such as A or AB.",
                "codeU" => "Read the code and say what the calls at its end put out.",
                "sci_fi" => "Answer with True or False, by the document alone.",
                "" => "Do what is asked about the document.",
                _ => "Answer the question about the document with the letter of the right option.",
            };

        protected override string OpenForm(string words) => $"{Document}\n\n{Instruction}\nAnswer in about {words} words.";
    }
}
