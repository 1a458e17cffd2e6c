using Farsight.Engine;
using Farsight.Evaluation.Benchmarks.LongProc;
using Farsight.Evaluation.Core;

namespace Farsight.Tests.Evaluation.Benchmarks.LongProc;

public sealed class CompiledProgramTests
{
    const string Prompt =
        "USER_PROMPT: |-\n  Write C++.\n  ```cpp\n  #include <iostream>\n  using namespace std;\n  ```\n\n  {pseudocode}\n";
    const string Items =
        """
        [{"problem_id": "1A", "pseudocode_lines": ["read a", "write a + 1"], "code_lines": ["int main() {", "}"],
          "testcases": [[["4"], ["5"]], [["-1"], ["0"]]]}]
        """;

    static readonly IGeneratedTask s_task = (IGeneratedTask)EvalTaskCatalog.Get("pseudo_to_code_0.5k");

    [Fact]
    public void A_program_that_a_model_wrote_is_not_run_unless_that_is_allowed()
    {
        Assert.Equal(0, s_task.Score(Example(), "I cannot.").Value);
        Assert.Contains(
            CompiledProgram.Variable + "=1",
            Assert.Throws<InputException>(() => s_task.Score(Example(), Said("a + 1"))).Message);
    }

    [CompilerFact]
    [Trait("Category", "Slow")]
    public void A_program_is_right_when_it_writes_what_the_tests_want()
    {
        EvalExample example = Example();
        string? before = Environment.GetEnvironmentVariable(CompiledProgram.Variable);
        Environment.SetEnvironmentVariable(CompiledProgram.Variable, "1");
        try
        {
            Assert.Equal(1, s_task.Score(example, Said("a + 1")).Value);
            Assert.Equal(0, s_task.Score(example, Said("a + 2")).Value);
            Assert.Equal(0, s_task.Score(example, Said("a +")).Value);
        }
        finally
        {
            Environment.SetEnvironmentVariable(CompiledProgram.Variable, before);
        }
    }

    [Fact]
    public async Task The_output_of_a_program_is_kept_up_to_the_expected_length()
    {
        using StringReader output = new(new string('x', 100_000));

        Assert.Equal("xxxxx", await CompiledProgram.Read(output, 5));
        Assert.Equal(-1, output.Peek());
    }

    [Theory]
    [InlineData("[]", "tests in 'testcases'")]
    [InlineData("[[[\"4\"]]]", "pairs of input and output 'testcases'")]
    [InlineData("null", "the list 'testcases'")]
    public void A_problem_without_tests_is_damaged_because_any_program_would_pass(string tests, string lacks)
    {
        using TaskData folder = new();
        folder.With("longproc/pseudo_to_code/prompts.yaml", Prompt);
        folder.With(
            "longproc/pseudo_to_code/pseudo_to_code_0.5k.json",
            $$"""[{"problem_id": "1A", "pseudocode_lines": ["read a"], "code_lines": ["}"], "testcases": {{tests}}}]""");

        Assert.StartsWith(
            $"longproc/pseudo_to_code/pseudo_to_code_0.5k.json, record 1 lacks {lacks};",
            Assert.Throws<InputException>(() => s_task.Examples(folder.Setting).Count()).Message);
    }

    static string Said(string expression) => $"Here:\n```c++\nint main() {{ int a; cin >> a; cout << {expression} << endl; }}\n```";

    static EvalExample Example()
    {
        using TaskData folder = new();
        folder.With("longproc/pseudo_to_code/prompts.yaml", Prompt);
        folder.With("longproc/pseudo_to_code/pseudo_to_code_0.5k.json", Items);
        return s_task.Examples(folder.Setting).Single();
    }

    [AttributeUsage(AttributeTargets.Method)]
    sealed class CompilerFactAttribute : FactAttribute
    {
        public CompilerFactAttribute()
        {
            string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
            Skip = folders.Any(f => File.Exists(Path.Combine(f, "g++"))) ? null : "g++ is not installed";
        }
    }
}
